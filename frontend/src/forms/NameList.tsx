import { useState } from "react";
import type { FormFacts } from "./facts";
import { type Choice, shared, type Widget } from "./widget";

/** A list of names, one a line, with those known to choose from. */
export function listFrom(choicesOf: (facts: FormFacts) => Choice[]): Widget {
  return function ListWidget(props) {
    const { id, value, onChange, facts, readOnly } = props;
    const list = Array.isArray(value) ? value.map(String) : [];
    const [typed, setTyped] = useState("");
    const add = () => {
      const name = typed.trim();
      if (name !== "" && !list.includes(name)) onChange([...list, name]);
      setTyped("");
    };
    return (
      <div className="name-list">
        <ul>
          {list.map((name) => (
            <li key={name} className="chip">
              {name}
              {!readOnly && (
                <button
                  type="button"
                  aria-label={`Remove ${name}`}
                  onClick={() => {
                    const rest = list.filter((other) => other !== name);
                    onChange(rest.length === 0 ? undefined : rest);
                  }}
                >
                  ✕
                </button>
              )}
            </li>
          ))}
        </ul>
        {!readOnly && (
          <div className="form-line">
            <input
              {...shared(props)}
              list={`${id}-list`}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
              onBlur={add}
            />
            <button type="button" onClick={add}>
              Add
            </button>
            <datalist id={`${id}-list`}>
              {choicesOf(facts).map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
            </datalist>
          </div>
        )}
      </div>
    );
  };
}
