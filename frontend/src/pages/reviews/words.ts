/** How reviews and their schedules are called. */

import type { ListedReview, Schedule } from "./types";

export const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** "team Desk", "all workflows", "what you may see" */
export function ofWhat({ team, personal }: { team: string; personal: boolean }): string {
  if (personal) return team === "" ? "what you may see" : `what you may see of ${team}`;
  return team === "" ? "all workflows" : `team ${team}`;
}

/** "Mondays at 08:00, Europe/Vienna" */
export function whenOf({ weekday, hour, zone }: Pick<Schedule, "weekday" | "hour" | "zone">): string {
  return `${DAYS[weekday]}s at ${String(hour).padStart(2, "0")}:00, ${zone}`;
}

/** The schedules that one may have a week's review made of, and that have none of it yet. */
export function keepable(schedules: Schedule[], kept: ListedReview[]): Schedule[] {
  return schedules.filter((one) => one.may_change && !kept.some((review) => review.schedule === one.id));
}
