/** Asking for kept reviews and the schedules that make them. */

import type { Choice, KeptReview, ListedReview, Schedule, ScheduleBody } from "../pages/reviews/types";
import { type Api, query } from "./client";
import type { Page } from "./types";

export function reviewsOf({ get, send }: Api) {
  return {
    kept: (signal: AbortSignal) => get<Page<ListedReview>>("reviews/kept/?limit=100", signal),
    keptOf: (week: string, signal: AbortSignal) =>
      get<Page<ListedReview>>(`reviews/kept/${query({ week, limit: "100" })}`, signal),
    one: (id: number, signal: AbortSignal) => get<KeptReview>(`reviews/kept/${id}/`, signal),
    answer: (id: number, question: string, choice: Choice, note: string) =>
      send<KeptReview>("POST", `reviews/kept/${id}/answers/`, { question, choice, note }),
    sign: (id: number, digest: string, note: string) =>
      send<KeptReview>("POST", `reviews/kept/${id}/sign/`, { digest, note }),
    schedules: (signal: AbortSignal) => get<Page<Schedule>>("reviews/schedules/?limit=100", signal),
    schedule: (body: ScheduleBody & { team: string; personal: boolean }) =>
      send<Schedule>("POST", "reviews/schedules/", body),
    change: (id: number, body: ScheduleBody) => send<Schedule>("PATCH", `reviews/schedules/${id}/`, body),
    setMail: (id: number, mail: boolean) => send<Schedule>("POST", `reviews/schedules/${id}/mail/`, { mail }),
    make: (id: number, week: string) => send<KeptReview>("POST", `reviews/schedules/${id}/make/`, { week }),
  };
}
