import { shown } from "../ui/format";
import type { FormFacts } from "./facts";

type Reference = FormFacts["references"][number];
const OFFERED = 50;

/** The data that what was typed may mean, by its path or its label. */
export function fitting(references: readonly Reference[], typed: string): Reference[] {
  const words = typed.toLowerCase().split(/\s+/);
  return references
    .filter(({ path, label }) => words.every((word) => `${path} ${label}`.toLowerCase().includes(word)))
    .slice(0, OFFERED);
}

interface Props {
  id: string;
  options: readonly Reference[];
  chosen: number;
  onPick: (path: string) => void;
}

/** Data to choose from while a text is written; the keys are the text field's. */
export function DataList({ id, options, chosen, onPick }: Props) {
  return (
    <div className="data-list" role="listbox" id={id} aria-label="Data">
      {options.map(({ path, label, type, sample }, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the text field keeps the focus and names the chosen one.
        <div
          key={path}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          ref={(element) => {
            if (index === chosen) element?.scrollIntoView?.({ block: "nearest" });
          }}
          onMouseDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            onPick(path);
          }}
        >
          <span>{label}</span> <code>{path}</code>
          {sample === null || sample === "" ? (
            <span className="without">no value here</span>
          ) : sample === undefined ? (
            <span className="note">{type}</span>
          ) : (
            <em className="note">{shown(sample)}</em>
          )}
        </div>
      ))}
    </div>
  );
}
