/** Dates, moments and durations as the server reads them: ISO 8601, in each form that it takes. */

const DATE = /^(\d{4})(-?)(?:(\d\d)\2(\d\d)|W(\d\d)(?:\2(\d))?)$/;
const WEEK = /^\d{4}-?W/;
const MOMENT = /^(\d{4}-\d\d-\d\d|\d{8})(?:.(.*?)(?:Z|([+-])(.*))?)?$/su;
const CLOCK = /^(\d\d)(?:(:?)(\d\d)(?:\2(\d\d))?)?(?:[.,](\d+))?$/;
const DURATION = /^P(?=[\dT])(?:\d{1,6}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}S)?)?$/;
const DAY = 86_400;

export interface Moment {
  /** Text whose order is that of time; null where only the server reads it. */
  order: string | null;
  /** Whether it says in which zone. */
  zoned: boolean;
}

export function isDuration(text: unknown): boolean {
  return typeof text === "string" && DURATION.test(text);
}

/** The date as 2026-03-29; null where the text is none. */
export function dateOf(text: string): string | null {
  const found = DATE.exec(text);
  if (found === null) return null;
  const [, year, , month, day, week, weekday = "1"] = found;
  if (Number(year) === 0) return null;
  if (week === undefined) {
    const written = `${year}-${month}-${day}`;
    return dayText(dayOf(Number(year), Number(month), Number(day))) === written ? written : null;
  }
  // The first week is that of the fourth of January, and the 28th of December is always in the last.
  const start = mondayOf(dayOf(Number(year), 1, 4));
  const weeks = (mondayOf(dayOf(Number(year), 12, 28)) - start) / 7 + 1;
  const inside = Number(week) >= 1 && Number(week) <= weeks && Number(weekday) >= 1 && Number(weekday) <= 7;
  const date = dayText(start + (Number(week) - 1) * 7 + Number(weekday) - 1);
  return inside && date.length === 10 ? date : null;
}

/** What a date and time says; null where the text is none. */
export function momentOf(text: string): Moment | null {
  if (WEEK.test(text)) return { order: null, zoned: true };
  const found = MOMENT.exec(text);
  if (found === null) return null;
  const [, day = "", time, sign, offset] = found;
  const date = dateOf(day);
  if (date === null) return null;
  const clock = time === undefined ? { seconds: 0, micros: 0 } : clockOf(time);
  const shift = offset === undefined ? { seconds: 0, micros: 0 } : clockOf(offset);
  if (clock === null || shift === null) return null;
  const way = sign === "-" ? 1 : -1;
  const micros = clock.micros + way * shift.micros;
  const seconds = clock.seconds + way * shift.seconds + Math.floor(micros / 1e6);
  const [year = 0, month = 0, dayOfMonth = 0] = date.split("-").map(Number);
  const shifted = dayText(dayOf(year, month, dayOfMonth) + Math.floor(seconds / DAY));
  if (shifted.length !== 10 || shifted.startsWith("0000")) return null;
  const rest = [mod(seconds, DAY), mod(micros, 1e6)].map((part) => String(part).padStart(6, "0"));
  return { order: [shifted, ...rest].join(" "), zoned: text.endsWith("Z") || sign !== undefined };
}

function clockOf(text: string): { seconds: number; micros: number } | null {
  const found = CLOCK.exec(text);
  if (found === null) return null;
  const [, written, , minutes = 0, rest = 0] = found;
  const [hour = 0, minute = 0, second = 0] = [written, minutes, rest].map(Number);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const micros = Number((found[5] ?? "").slice(0, 6).padEnd(6, "0"));
  return { seconds: hour * 3600 + minute * 60 + second, micros };
}

/** Days since 1970; a month or a day that there is not becomes another date. */
function dayOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / (DAY * 1000);
}

function mondayOf(day: number): number {
  return day - mod(day + 3, 7); // 1970 began on a Thursday
}

function dayText(day: number): string {
  const [date = ""] = new Date(day * DAY * 1000).toISOString().split("T");
  return date;
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
