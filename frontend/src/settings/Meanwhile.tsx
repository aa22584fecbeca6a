import type { ChangedMeanwhile, Setting, Settings } from "../api/settingsTypes";
import { Ago } from "../ui/Ago";
import { NAMES, wordsOf } from "./settings";

interface Props {
  changed: ChangedMeanwhile;
  mine: Settings;
  onTake: (name: Setting) => void;
  onKeep: (name: Setting) => void;
}

/** Somebody was faster: what they wrote stands beside what is written here, and one chooses for each setting. */
export function Meanwhile({ changed, mine, onTake, onKeep }: Props) {
  const names = Object.keys(changed.now) as Setting[];
  return (
    <div className="problem" role="alert">
      <p>
        <strong>
          {changed.by ?? "Somebody else"} changed this {changed.at !== undefined && <Ago at={changed.at} />}.
        </strong>{" "}
        Yours is still here, and not saved.
      </p>
      <ul className="plain">
        {names.map((name) => (
          <li key={name}>
            {NAMES[name]}: theirs is “{wordsOf(name, changed.now[name])}”, yours “{wordsOf(name, mine[name])}
            ”.{" "}
            <span className="buttons">
              <button type="button" onClick={() => onTake(name)}>
                Take theirs<span className="visually-hidden"> for {NAMES[name]}</span>
              </button>
              <button type="button" onClick={() => onKeep(name)}>
                Keep mine<span className="visually-hidden"> for {NAMES[name]}</span>
              </button>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
