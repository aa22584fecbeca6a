import type { Field } from "../../api/recordTypes";
import { Ago } from "../../ui/Ago";
import { day } from "../../ui/format";

/** A value as its field's type reads. */
export function Value({ field, value }: { field: Field | undefined; value: unknown }) {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(", ") || "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "object") return <code>{JSON.stringify(value)}</code>;
  if (field?.type === "datetime") return <Ago at={String(value)} />;
  if (field?.type === "date") return <time dateTime={String(value)}>{day(String(value))}</time>;
  return String(value);
}
