/** Typed filters of a module's records: parts of the query string, as the API reads them, and in words. */

import type { Catalog, Operator } from "../../api/catalogTypes";
import type { Field, Module } from "../../api/recordTypes";
import { dateTime } from "../../ui/format";
import { spanOf } from "../decisions/sentences";
import { momentOf } from "./fieldText";

export interface RecordFilter {
  /** The name in the query string: "status", "amount__gte". */
  name: string;
  field: string;
  op: string;
  value: string;
}

type Search = Record<string, string>;

/** The filters in a query string; names are split as the API does it: what is no field is left to it to refuse. */
export function filtersOf(search: Search, fields: Field[]): RecordFilter[] {
  return Object.entries(search).map(([name, value]) => {
    const cut = name.lastIndexOf("__");
    const field = cut < 0 ? name : name.slice(0, cut);
    const known = fields.some((one) => one.key === field.split(".")[0]);
    return cut >= 0 && known
      ? { name, field, op: name.slice(cut + 2), value }
      : { name, field: name, op: "eq", value };
  });
}

/** The API's address of the records that the query string selects, less one of its names. */
export function recordsAddress(module: string, search: Search, without = ""): string {
  const kept = Object.entries(search).filter(([name]) => name !== without);
  const text = new URLSearchParams(kept).toString();
  return `modules/${module}/records/${text && `?${text}`}`;
}

/** The operators that a field can be filtered with: those of its type that look at no event. */
export function operatorsOf(catalog: Catalog, field: Field): Operator[] {
  const keys = catalog.field_types.find((one) => one.type === field.type)?.operators ?? [];
  return catalog.operators.filter((one) => keys.includes(one.key) && !one.event_only);
}

/** The name and value of a new filter in the query string. */
export function filterEntry(
  field: Field,
  operator: Operator,
  typed: string[],
): [name: string, value: string] {
  const name = `${field.key}__${operator.key}`;
  if (operator.value === "none") return [name, "true"];
  const texts = typed.map((text) => text.trim());
  if (field.type !== "datetime" || operator.value === "duration") return [name, texts.join(",")];
  return [name, texts.map(momentOf).join(",")];
}

/** "Amount is at least 200" */
export function filterWords(filter: RecordFilter, module: Module, catalog: Catalog): string {
  const [root = ""] = filter.field.split(".");
  const field = module.fields.find((one) => one.key === root);
  const operator = catalog.operators.find((one) => one.key === filter.op);
  const name = filter.field === root ? (field?.label ?? root) : filter.field;
  if (operator === undefined) return `${name} ${filter.op} ${filter.value}`;
  if (operator.value === "none") {
    return filter.value === "true" || filter.value === ""
      ? `${name} ${operator.label}`
      : `not: ${name} ${operator.label}`;
  }
  return `${name} ${operator.label} ${valueWords(filter.value, field, operator)}`;
}

function valueWords(value: string, field: Field | undefined, operator: Operator): string {
  if (operator.value === "duration") return spanOf(value);
  const parts = value.split(",");
  const shown = field?.type === "datetime" ? parts.map(momentWords) : parts;
  return shown.join(operator.value === "pair" ? " and " : ", ");
}

function momentWords(text: string): string {
  return Number.isNaN(Date.parse(text)) ? text : dateTime(text);
}
