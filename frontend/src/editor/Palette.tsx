import { useState } from "react";
import type { Kind } from "../api/catalogTypes";
import { KIND_MIME } from "./Canvas";
import { freeWay } from "./commands";
import { useEditor } from "./store";
import { useWorld } from "./world";

/** What a workflow can be made of: a click adds it after the chosen step, a drag puts it where it is dropped. */
export function Palette() {
  const { catalog, readOnly } = useWorld();
  const [text, setText] = useState("");
  if (readOnly) return null;
  const families: [string, Kind[]][] = [
    ["Triggers", catalog.triggers],
    ["Conditions", catalog.conditions],
    ["Actions", catalog.actions],
  ];
  const fits = (kind: Kind) => `${kind.label} ${kind.description}`.toLowerCase().includes(text.toLowerCase());
  return (
    <nav className="palette" aria-label="Steps to add">
      <h2>Add</h2>
      <input
        type="search"
        aria-label="Search the steps to add"
        placeholder="Search"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {families.map(([name, kinds]) => {
        const shown = kinds.filter(fits);
        return (
          shown.length > 0 && (
            <section key={name} aria-label={name}>
              <h3>{name}</h3>
              <ul>
                {shown.map((kind) => (
                  <li key={kind.type}>
                    <Entry kind={kind} />
                  </li>
                ))}
              </ul>
            </section>
          )
        );
      })}
    </nav>
  );
}

function Entry({ kind }: { kind: Kind }) {
  const { store, actions } = useEditor();
  const add = () => {
    const { history, selected } = store.getState();
    const way = kind.type.startsWith("trigger.") ? null : freeWay(history.drawing, selected.at(-1));
    actions.add(kind.type, way === null ? { where: "free" } : { where: "after", way });
  };
  return (
    <button
      type="button"
      draggable
      title={kind.description}
      onClick={add}
      onDragStart={(event) => {
        event.dataTransfer.setData(KIND_MIME, kind.type);
        event.dataTransfer.effectAllowed = "copy";
      }}
    >
      {kind.label}
    </button>
  );
}
