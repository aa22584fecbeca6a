import { type ReactNode, useCallback, useEffect, useId, useState } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";

const TYPING_MS = 300;

/** Filters of a list; each keeps its value in the address under its `name`. */
export function Filters({ children }: { children: ReactNode }) {
  return (
    <search className="filters" aria-label="Filters">
      {children}
    </search>
  );
}

type Option = readonly [value: string, label: string];

interface Choosing {
  label: string;
  name: string;
  options: Option[];
  /** What is shown for nothing chosen. */
  any?: string;
}

export function Choice({ label, name, options, any = "Any" }: Choosing) {
  const [search, change] = useSearch();
  const id = useId();
  const value = search[name] ?? "";
  const known = value === "" || options.some(([option]) => option === value);
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => change({ [name]: event.target.value })}>
        <option value="">{any}</option>
        {!known && <option value={value}>{value}</option>}
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

interface Typing {
  label: string;
  name: string;
  type?: "search" | "date";
}

/** What is typed goes into the address when the typing pauses. */
export function Typed({ label, name, type = "search" }: Typing) {
  const [search, change] = useSearch();
  const id = useId();
  const set = search[name] ?? "";
  const [typed, setTyped] = useState(set);
  const [before, setBefore] = useState(set);
  // While it is drawn, not after: an effect would come too late, and write the dropped value back.
  if (before !== set) {
    setBefore(set);
    setTyped(set);
  }
  useEffect(() => {
    if (typed === set) return;
    const timer = setTimeout(() => change({ [name]: typed.trim() }), type === "date" ? 0 : TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, set, name, type, change]);
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <input id={id} type={type} value={typed} onChange={(event) => setTyped(event.target.value)} />
    </div>
  );
}

export interface Active {
  /** "Status: failed" */
  label: string;
  drop: () => void;
  /** Whether there is something without this filter; undefined: not known yet. */
  hits?: boolean | undefined;
}

/** A list that its filters emptied: says which of them leaves hits when it goes, and drops it by one click. */
export function NoHit({ what, active }: { what: string; active: Active[] }) {
  return (
    <div className="note empty" role="status">
      <p>
        No {what} match {active.length === 1 ? "this filter" : "all of these filters"}.
      </p>
      <ul className="plain">
        {active.map((filter) => (
          <li key={filter.label}>
            <button type="button" onClick={filter.drop}>
              Drop “{filter.label}”
            </button>
            {filter.hits && ` Without it there are ${what}.`}
          </li>
        ))}
      </ul>
    </div>
  );
}

export interface Asked {
  label: string;
  drop: () => void;
  /** The list's address without this filter. */
  without: string;
}

/** `NoHit` for lists of the API: asks what each filter alone keeps away. */
export function NoHitAsked({ what, active }: { what: string; active: Asked[] }) {
  const { api } = useSite();
  const addresses = active.map((filter) => filter.without).join("\n");
  const load = useCallback(
    (signal: AbortSignal) =>
      Promise.all(
        addresses.split("\n").map(async (address) => {
          const mark = address.includes("?") ? "&" : "?";
          return (await api.list<unknown>(`${address}${mark}limit=1`, "", signal)).results.length > 0;
        }),
      ),
    [api, addresses],
  );
  const [hits] = useLoad(load);
  return (
    <NoHit
      what={what}
      active={active.map(({ label, drop }, index) => ({
        label,
        drop,
        hits: hits.state === "ready" ? hits.value[index] : undefined,
      }))}
    />
  );
}
