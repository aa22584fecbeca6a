import { lazy, Suspense, useState } from "react";
import { createPortal } from "react-dom";
import type { Preferences } from "../api/types";
import { useSite } from "./context";
import { buildsWorkflows, usePreferences } from "./preferences";
import { navigate } from "./router";

const Keys = lazy(() => import("../editor/Keys"));
const ViewAsDialog = lazy(() => import("./ViewAsDialog"));

const THEMES: [Preferences["theme"], string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const DENSITIES: [Preferences["density"], string][] = [
  ["comfortable", "Comfortable"],
  ["compact", "Compact"],
];

/** The reader's own settings, in the menu that the server renders with the links and the way out. */
export function UserMenu() {
  const place = document.getElementById("preferences");
  return place === null ? null : createPortal(<Settings />, place);
}

function Settings() {
  const { home } = useSite();
  const [preferences, change, trouble] = usePreferences();
  const [keys, setKeys] = useState(false);
  const [viewing, setViewing] = useState(false);
  const leave = () => document.getElementById("account")?.hidePopover();
  return (
    <>
      <Choices
        legend="Theme"
        name="theme"
        options={THEMES}
        chosen={preferences.theme}
        onChoose={(theme) => change({ theme })}
      />
      <Choices
        legend="Rows"
        name="density"
        options={DENSITIES}
        chosen={preferences.density}
        onChoose={(density) => change({ density })}
      />
      <label className="menu-check">
        <input
          type="checkbox"
          checked={preferences.single_keys}
          onChange={(event) => change({ single_keys: event.target.checked })}
        />
        Single-letter keys on the graph
      </label>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <button
        type="button"
        onClick={() => {
          leave();
          setKeys(true);
        }}
      >
        Keys
      </button>
      {buildsWorkflows() && (
        <button
          type="button"
          onClick={() => {
            leave();
            change({ first_steps: true });
            navigate(home);
          }}
        >
          First steps
        </button>
      )}
      {document.documentElement.dataset.viewAs === "on" && (
        <button
          type="button"
          onClick={() => {
            leave();
            setViewing(true);
          }}
        >
          View as…
        </button>
      )}
      {viewing &&
        createPortal(
          <Suspense>
            <ViewAsDialog onClose={() => setViewing(false)} />
          </Suspense>,
          document.body,
        )}
      {keys &&
        createPortal(
          <Suspense>
            <Keys onClose={() => setKeys(false)} />
          </Suspense>,
          document.body,
        )}
    </>
  );
}

interface Choosing<Value extends string> {
  legend: string;
  name: string;
  options: [Value, string][];
  chosen: Value;
  onChoose: (value: Value) => void;
}

function Choices<Value extends string>({ legend, name, options, chosen, onChoose }: Choosing<Value>) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map(([value, label]) => (
        <label key={value}>
          <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
