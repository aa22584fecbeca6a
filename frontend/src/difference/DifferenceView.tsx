import { useEffect, useMemo, useState } from "react";
import type { JsonSchema } from "../api/catalogTypes";
import { isTyping } from "../editor/keys";
import { ruleText, type Words } from "../editor/summary";
import { nameOf, type World } from "../editor/world";
import {
  type Changes,
  changesBetween,
  type NodeChange,
  nothingIn,
  overlayOf,
  type Setting,
  stopsOf,
} from "../graph/difference";
import type { GraphDocument } from "../graph/document";
import { StillGraph } from "../graph/StillGraph";
import { ChangeList } from "./ChangeList";
import "./difference.css";
import { settingName } from "./settingName";

interface Props {
  before: GraphDocument;
  after: GraphDocument;
  kinds: World["kinds"];
  words: Words;
  /** What differs beside the steps: the pins of versions. */
  beside?: readonly string[];
}

/** Two documents in one graph, what differs marked, with a list beside it; N and P walk from change to change. */
export function DifferenceView({ before, after, kinds, words, beside = [] }: Props) {
  const changes = useMemo(
    () => named(changesBetween(before, after), kinds, words),
    [before, after, kinds, words],
  );
  const stops = useMemo(() => stopsOf(changes), [changes]);
  const overlay = useMemo(() => overlayOf(before, after, changes), [before, after, changes]);
  const drawn = useMemo(
    () => ({
      ...overlay.document,
      nodes: overlay.document.nodes.map((node) => ({ ...node, title: nameOf(node, kinds) })),
    }),
    [overlay, kinds],
  );
  const [chosen, setChosen] = useState(-1);
  const at = stops[chosen] ?? null;
  const difference = useMemo(() => ({ overlay, at }), [overlay, at]);
  const walk = (by: number) =>
    setChosen((now) => (now < 0 && by < 0 ? stops.length - 1 : (now + by + stops.length) % stops.length));

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.toLowerCase();
      if (stops.length === 0 || (key !== "n" && key !== "p")) return;
      event.preventDefault();
      walk(key === "n" ? 1 : -1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  if (nothingIn(changes)) {
    if (beside.length > 0) return <Beside sentences={beside} />;
    return <p className="note">Nothing differs. Where steps stand on the canvas does not count.</p>;
  }
  return (
    <div className="difference">
      <Beside sentences={beside} />
      <div className="difference-bar">
        <button type="button" onClick={() => walk(-1)} aria-keyshortcuts="P">
          Previous change
        </button>
        <button type="button" onClick={() => walk(1)} aria-keyshortcuts="N">
          Next change
        </button>
        <span className="note" role="status">
          {at === null ? countOf(stops.length) : `${chosen + 1} of ${stops.length}`}
        </span>
      </div>
      <div className="difference-both">
        <StillGraph
          document={drawn}
          difference={difference}
          selected={at?.edge === null ? (at.nodes[0] ?? "") : ""}
          onSelect={(node) => setChosen(stops.findIndex((stop) => stop.nodes[0] === node))}
        />
        <ChangeList
          changes={changes}
          nodes={overlay.document.nodes}
          kinds={kinds}
          at={at?.key ?? null}
          onChoose={setChosen}
        />
      </div>
    </div>
  );
}

function Beside({ sentences }: { sentences: readonly string[] }) {
  return sentences.length === 0 ? null : (
    <ul className="difference-beside" aria-label="Beside the steps">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

/** The changes with their settings by the names that people know; a rule is told as a whole, in words. */
function named(changes: Changes, kinds: World["kinds"], words: Words): Changes {
  const nodes = changes.nodes.map((change) => {
    const schema = kinds.get(change.after?.type ?? "")?.config_schema;
    const settings = new Map<string, Setting>();
    for (const one of change.settings) {
      const [first = ""] = one.name.split(/[.[]/);
      const isRule = first !== one.name && isRuleOf(schema?.properties?.[first]);
      const told = isRule ? inWords(change, first, words) : one;
      const name = settingName(schema, told.name);
      settings.set(name, { ...told, name });
    }
    return { ...change, settings: [...settings.values()] };
  });
  return { ...changes, nodes };
}

/** As forms tell a rule: by its widget, or as an object of which nothing more is said. */
function isRuleOf(inner: JsonSchema | undefined): boolean {
  const { type, properties, "x-widget": widget } = inner ?? {};
  return widget === "rule" || (type === "object" && properties === undefined && widget === undefined);
}

function inWords({ before, after }: NodeChange, name: string, words: Words): Setting {
  const [was, now] = [before, after].map((node) => ruleText(node?.config?.[name], words));
  return { name, before: was, after: now };
}

function countOf(changes: number): string {
  return changes === 1 ? "1 change" : `${changes} changes`;
}
