import { query } from "../../api/client";

/** The reader's own time zone, which the weeks and days are those of. */
export function zoneQuery(more: Record<string, string> = {}): string {
  return query({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...more });
}
