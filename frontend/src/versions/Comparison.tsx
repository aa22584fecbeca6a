import { useCallback, useEffect, useRef } from "react";
import type { Api } from "../api/client";
import type { Version } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { NOTHING, sentencesBeside, turned } from "../difference/beside";
import { DifferenceView } from "../difference/DifferenceView";
import type { Words } from "../editor/summary";
import type { World } from "../editor/world";
import type { GraphDocument } from "../graph/document";
import { Show } from "../ui/Page";

const DRAFT = "draft";

interface Props {
  id: number;
  versions: Version[];
  /** A version's number or "draft", as the address has it; "" for none. */
  from: string;
  to: string;
  onChoose: (chosen: { from?: string; to?: string }) => void;
  kinds: World["kinds"];
  words: Words;
}

/** What differs between any two versions, or a version and the draft; the address keeps which. */
export function Comparison({ id, versions, from, to, onChoose, kinds, words }: Props) {
  const choices = [DRAFT, ...versions.map((version) => String(version.number))];
  const known = choices.includes(from) && choices.includes(to);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (known) section.current?.scrollIntoView({ block: "nearest" });
  }, [known]);
  const select = (label: string, name: "from" | "to", value: string) => (
    <span>
      <label htmlFor={`compare-${name}`}>{label}</label>{" "}
      <select
        id={`compare-${name}`}
        value={value}
        onChange={(event) => onChoose({ [name]: event.target.value })}
      >
        <option value="">Choose</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice === DRAFT ? "the draft" : `Version ${choice}`}
          </option>
        ))}
      </select>
    </span>
  );
  return (
    <section ref={section} aria-labelledby="comparison">
      <h2 id="comparison">Compare</h2>
      <p className="versions-choice">
        {select("From", "from", choices.includes(from) ? from : "")}
        {select("To", "to", choices.includes(to) ? to : "")}
      </p>
      {known ? (
        <Difference id={id} from={from} to={to} kinds={kinds} words={words} />
      ) : (
        <p className="note">Choose two of them to see what differs.</p>
      )}
    </section>
  );
}

function Difference({ id, from, to, kinds, words }: Pick<Props, "id" | "from" | "to" | "kinds" | "words">) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) =>
      Promise.all([
        documentOf(api, id, from, signal),
        documentOf(api, id, to, signal),
        besideOf(api, id, from, to, signal),
      ]),
    [api, id, from, to],
  );
  const [loaded, again] = useLoad(load);
  return (
    <Show loaded={loaded} again={again}>
      {([before, after, beside]) => (
        <DifferenceView
          before={before}
          after={after}
          kinds={kinds}
          words={words}
          beside={sentencesBeside(beside)}
        />
      )}
    </Show>
  );
}

function documentOf(api: Api, id: number, which: string, signal: AbortSignal): Promise<GraphDocument> {
  return which === DRAFT ? api.draft(id, signal) : api.graph(id, Number(which), signal);
}

/** What differs beside the steps. The API tells it from a version; from the draft it is the same, turned round. */
async function besideOf(api: Api, id: number, from: string, to: string, signal: AbortSignal) {
  if (from === to) return NOTHING;
  if (from === DRAFT) return turned(await api.difference(id, Number(to), DRAFT, signal));
  return api.difference(id, Number(from), to === DRAFT ? DRAFT : Number(to), signal);
}
