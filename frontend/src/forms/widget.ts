/** What every widget of a form is given, and what they share. */

import type { ReactNode } from "react";
import type { JsonSchema } from "../api/catalogTypes";
import type { Field } from "../api/recordTypes";
import type { FormFacts } from "./facts";

export interface WidgetProps {
  id: string;
  schema: JsonSchema;
  value: unknown;
  /** undefined takes the setting away. */
  onChange: (next: unknown) => void;
  facts: FormFacts;
  readOnly: boolean;
  invalid: boolean;
  describedBy: string;
  /** All settings of the step. */
  settings: Record<string, unknown>;
}

export type Widget = (props: WidgetProps) => ReactNode;

export interface Choice {
  value: string;
  label: string;
}

export function shared({ id, invalid, describedBy }: WidgetProps) {
  return {
    id,
    ...(invalid ? { "aria-invalid": true as const } : {}),
    ...(describedBy === "" ? {} : { "aria-describedby": describedBy }),
  };
}

export function text(value: unknown): string {
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : JSON.stringify(value);
}

export function words(value: string): string {
  return value.replaceAll("_", " ");
}

export function fieldsOf(facts: FormFacts): Field[] {
  return facts.module?.fields ?? [];
}
