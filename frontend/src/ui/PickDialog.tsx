/** A list to search and choose from, by mouse or keys: what to add, where to connect, which command. */

import { useEffect, useId, useRef, useState } from "react";
import "./pick.css";

export interface Option {
  id: string;
  label: string;
  detail?: string;
  group?: string;
}

interface Props {
  title: string;
  options: readonly Option[];
  placeholder?: string;
  /** Shown when nothing fits what was typed. */
  empty?: string;
  /** Says what it means to pick what was typed, where that is not one of the options; then it can be picked. */
  typed?: (text: string) => string;
  onPick: (id: string) => void;
  onClose: () => void;
}

export function PickDialog({ title, options, placeholder = "Search", empty, typed, onPick, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const base = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
  }, []);

  const own = text.trim();
  const words = own.toLowerCase().split(/\s+/);
  const fitting = options.filter((option) => {
    const searched = `${option.label} ${option.detail ?? ""} ${option.group ?? ""}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
  // What is called so comes before what only mentions it.
  const rank = ({ label }: Option) => {
    const [name, typedName] = [label.toLowerCase(), own.toLowerCase()];
    return name === typedName ? 0 : name.startsWith(typedName) ? 1 : 2;
  };
  if (own !== "") fitting.sort((one, other) => rank(one) - rank(other));
  const asTyped = typed !== undefined && own !== "" && !options.some((option) => option.id === own);
  const shown = asTyped ? [...fitting, { id: own, label: typed(own) }] : fitting;
  const chosen = Math.min(at, shown.length - 1);
  const pick = (option: Option | undefined) => {
    if (option === undefined) return;
    dialog.current?.close();
    onPick(option.id);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && shown.length > 0) setAt((chosen + step + shown.length) % shown.length);
    else if (event.key === "Enter") pick(shown[chosen]);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is for those who point beside it.
    <dialog
      ref={dialog}
      className="pick"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <h2>{title}</h2>
      <input
        type="search"
        role="combobox"
        aria-label={title}
        aria-expanded="true"
        aria-controls={`${base}list`}
        aria-activedescendant={chosen >= 0 ? `${base}${chosen}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="pick-list" role="listbox" id={`${base}list`} aria-label={title}>
        {shown.map((option, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus and names the chosen one.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's.
          <div
            key={option.id}
            id={`${base}${index}`}
            role="option"
            aria-selected={index === chosen}
            ref={(element) => {
              if (index === chosen) element?.scrollIntoView({ block: "nearest" });
            }}
            onClick={() => pick(option)}
          >
            <span className="pick-label">{option.label}</span>
            {option.group !== undefined && <span className="pick-group">{option.group}</span>}
            {option.detail !== undefined && <span className="pick-detail">{option.detail}</span>}
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className="note">{empty ?? `Nothing fits “${text}”.`}</p>}
    </dialog>
  );
}
