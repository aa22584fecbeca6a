/** Secrets as the API tells them: never with a value. */

export interface StoredSecret {
  key: string;
  description: string;
  hosts: string[];
  owner: string | null;
  rights: ("view" | "use" | "change")[];
  created_at: string;
  changed_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  kept_until: string | null;
  used_by: { key: string; name: string }[];
  used_elsewhere: number;
}

const SOON_MS = 14 * 86_400_000;

/** What is to be seen at a glance: whether it goes on to be taken. */
export function expiryOf(expiresAt: string | null, now: number): "none" | "later" | "soon" | "past" {
  if (expiresAt === null) return "none";
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? "past" : left <= SOON_MS ? "soon" : "later";
}

/** Lines, or words between commas, as a list of hosts. */
export function hostsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((host) => host !== "");
}

/** A day of the reader's calendar to its last moment; null for none. */
export function endOf(day: string): string | null {
  return day === "" ? null : new Date(`${day}T23:59:59`).toISOString();
}

/** The day of a moment in the reader's calendar, as a field for days takes it. */
export function dayOf(moment: string | null): string {
  if (moment === null) return "";
  const at = new Date(moment);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
