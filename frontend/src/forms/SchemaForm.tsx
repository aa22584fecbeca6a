/** A form over the JSON Schema of a kind's settings. The settings are the caller's; nothing is kept here. */

import type { JsonSchema } from "../api/catalogTypes";
import type { Problem } from "../api/types";
import type { FormFacts } from "./facts";
import "./forms.css";
import { widgetOf } from "./widgets";

interface Props {
  schema: JsonSchema;
  value: Record<string, unknown>;
  /** With paths inside the settings: "rule.all[0].op". */
  problems: readonly Problem[];
  /** `field` is the one that was edited: typing in one field is one step of undo. */
  onChange: (next: Record<string, unknown>, field: string) => void;
  facts: FormFacts;
  idPrefix: string;
  readOnly?: boolean;
}

export function SchemaForm({ schema, value, problems, onChange, facts, idPrefix, readOnly = false }: Props) {
  const required = new Set(schema.required);
  const shown = Object.entries(schema.properties ?? {}).filter(([, inner]) => isShown(inner, value));
  const set = (name: string, next: unknown) => {
    const { [name]: _, ...others } = value;
    onChange(next === undefined ? others : { ...value, [name]: next }, name);
  };
  return (
    <div className="form">
      {shown.map(([name, inner]) => {
        const id = fieldIdOf(idPrefix, name);
        const own = problems.filter((problem) => topOf(problem.path) === name);
        const Widget = widgetOf(inner);
        const help = inner["x-help"];
        const described = [help && `${id}-help`, own.length > 0 && `${id}-problems`]
          .filter(Boolean)
          .join(" ");
        return (
          <div key={name} className="form-row">
            <label htmlFor={id}>
              {inner.title ?? titled(name)}
              {!required.has(name) && own.length === 0 && <span className="note"> (optional)</span>}
            </label>
            <Widget
              id={id}
              schema={inner}
              value={value[name]}
              onChange={(next) => set(name, next)}
              facts={facts}
              readOnly={readOnly}
              invalid={own.length > 0}
              describedBy={described}
              settings={value}
            />
            {help !== undefined && (
              <p className="form-help" id={`${id}-help`}>
                {help}
              </p>
            )}
            {own.length > 0 && (
              <div className="finding" id={`${id}-problems`}>
                {own.map((problem) => (
                  <p key={problem.code + problem.path}>
                    ⚠ {problem.message} {problem.hint}
                  </p>
                ))}
              </div>
            )}
          </div>
        );
      })}
    </div>
  );
}

/** The id of the field that a path such as "values.title" belongs to. */
export function fieldIdOf(idPrefix: string, path: string): string {
  return idPrefix + topOf(path);
}

function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? "";
}

/** `x-show-if`: shown while the named setting has the value, or one of these; null stands for any value. Of a setting
 * that is a list, one is enough. */
export function isShown(schema: JsonSchema, settings: Record<string, unknown>): boolean {
  return Object.entries(schema["x-show-if"] ?? {}).every(([name, wanted]) => {
    const value = settings[name];
    if (wanted === null) return value !== undefined;
    const [values, allowed] = [value, wanted].map((one): unknown[] => (Array.isArray(one) ? one : [one]));
    return values?.some((one) => allowed?.includes(one)) ?? false;
  });
}

export function titled(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
