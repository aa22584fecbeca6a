import { query } from "../../api/client";

export type RunFilters = Partial<
  Record<
    | "search"
    | "status"
    | "mode"
    | "version"
    | "module"
    | "record"
    | "code"
    | "from"
    | "to"
    | "events"
    | "place"
    | "parent"
    | "review"
    | "ended_from"
    | "ended_to",
    string
  >
>;

const LABELS: Record<keyof RunFilters, string> = {
  search: "Search",
  status: "Status",
  mode: "Mode",
  version: "Version",
  module: "Module",
  record: "Record",
  code: "Error code",
  from: "From",
  to: "To",
  events: "Events",
  place: "Place",
  ended_from: "Ended from",
  ended_to: "Ended to",
  review: "Review",
  parent: "Started by run",
};

/** The API's address of the runs that the filters of a page select. `from` and `to` are whole days of the reader. */
export function runsAddress(filters: RunFilters, workflow?: number): string {
  const {
    search,
    status,
    mode,
    version,
    module,
    record,
    code,
    from,
    to,
    events,
    place,
    parent,
    review,
    ended_from,
    ended_to,
  } = filters;
  return `runs/${query({
    workflow,
    search,
    status,
    mode,
    version,
    module,
    record,
    code,
    events,
    parent,
    waits_for_place: place === "waits" ? "true" : undefined,
    needs_review: review === "needs" ? "true" : undefined,
    created_after: startOf(from),
    created_before: startOf(to, 1),
    ended_after: startOf(ended_from),
    ended_before: startOf(ended_to, 1),
  })}`;
}

/** The same filters as a redrive takes them. */
export function redriveOf(filters: RunFilters, workflow?: number): Record<string, unknown> {
  const { status, mode, version, module, record, from, to } = filters;
  const chosen = {
    workflow,
    status,
    mode,
    run_version: version ? Number(version) : undefined,
    module,
    record,
    created_after: startOf(from),
    created_before: startOf(to, 1),
  };
  return Object.fromEntries(
    Object.entries(chosen).filter(([, value]) => value !== undefined && value !== ""),
  );
}

/** Numbers of events as a filter takes them, those that follow each other as one span: "5120-5219,5225". */
export function spansOf(events: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const event of [...events].sort((one, other) => one - other)) {
    const last = spans.at(-1);
    if (last !== undefined && event === last[1] + 1) last[1] = event;
    else spans.push([event, event]);
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The filters that are set, with what they are called. */
export function setFilters(filters: RunFilters): { name: keyof RunFilters; label: string }[] {
  return (Object.keys(LABELS) as (keyof RunFilters)[])
    .filter((name) => filters[name])
    .map((name) => ({ name, label: `${LABELS[name]}: ${filters[name]}` }));
}

/** The moment at which a day begins, or `later` days after it; nothing for what is no day. */
export function startOf(date: string | undefined, later = 0): string | undefined {
  if (!date || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const start = new Date(`${date}T00:00`);
  if (Number.isNaN(start.getTime())) return undefined;
  start.setDate(start.getDate() + later);
  return start.toISOString();
}
