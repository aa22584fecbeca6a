import { type KeyboardEvent, useRef, useState } from "react";
import { CopyButton } from "./CopyButton";
import { type JsonRow, jsonRows } from "./jsonRows";
import "./json-tree.css";

interface Shown {
  value: unknown;
  /** The path of the value itself: "event", "steps.a1.output". */
  path: string;
  label: string;
}

/** A JSON value to look into: one stop of the Tab key, arrow keys inside, and the path of a part to copy. */
export function JsonTree({ value, path, label }: Shown) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState(path);
  const tree = useRef<HTMLDivElement>(null);
  const rows = jsonRows(value, path, (part, level) => level <= 2 !== turned.has(part));
  const active = rows.find((row) => row.path === chosen) ?? rows[0];

  const turn = (row: JsonRow) => {
    if (row.open === null) return;
    setTurned((before) => {
      const after = new Set(before);
      if (!after.delete(row.path)) after.add(row.path);
      return after;
    });
  };
  const goTo = (row: JsonRow | undefined) => {
    if (row === undefined) return;
    setChosen(row.path);
    const items = tree.current?.querySelectorAll<HTMLElement>("[role=treeitem]");
    items?.[rows.indexOf(row)]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (active === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = rows.indexOf(active);
    const moves: Record<string, () => void> = {
      ArrowDown: () => goTo(rows[place + 1]),
      ArrowUp: () => goTo(rows[place - 1]),
      Home: () => goTo(rows[0]),
      End: () => goTo(rows.at(-1)),
      ArrowRight: () => (active.open === false ? turn(active) : active.open && goTo(rows[place + 1])),
      ArrowLeft: () => (active.open ? turn(active) : goTo(parentOf(rows, place))),
      Enter: () => turn(active),
      " ": () => turn(active),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <div className="json">
      <div role="tree" aria-label={label} ref={tree} onKeyDown={onKeyDown}>
        {rows.map((row) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys.
          <div
            key={row.path}
            role="treeitem"
            aria-level={row.level}
            aria-selected={row === active}
            {...(row.open === null ? {} : { "aria-expanded": row.open })}
            tabIndex={row === active ? 0 : -1}
            style={{ paddingInlineStart: `${row.level * 16 - 10}px` }}
            onClick={() => {
              goTo(row);
              turn(row);
            }}
          >
            <span className="json-sign" aria-hidden="true">
              {row.open === null ? "" : row.open ? "▾" : "▸"}
            </span>
            {row.name !== "" && <span className="json-name">{row.name}: </span>}
            <span className={`json-${row.kind}`}>{row.text}</span>
          </div>
        ))}
      </div>
      {active !== undefined && active.kind !== "more" && (
        <p className="json-path">
          <code>{active.path}</code>
          <CopyButton text={active.path} label="Copy path" />
        </p>
      )}
    </div>
  );
}

function parentOf(rows: JsonRow[], place: number): JsonRow | undefined {
  const level = rows[place]?.level ?? 1;
  return rows.slice(0, place).findLast((row) => row.level < level);
}
