import { useCallback, useState } from "react";
import { ApiError, query } from "../api/client";
import type { Run } from "../api/runTypes";
import type { FirstStep, FirstSteps as Steps } from "../api/types";
import { useSite } from "../app/context";
import { usePreferences } from "../app/preferences";
import { navigate } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";

const LOOK_MS = 1_000;
const PATIENCE = 30;

/** The first five things to do. Each is ticked off by the server when it was done, never here. */
export function FirstSteps() {
  const [{ first_steps }] = usePreferences();
  return first_steps ? <Offered /> : null;
}

function Offered() {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.firstSteps(signal), [api]);
  const [loaded, again] = useLoad(load);
  return loaded.state === "ready" ? (
    <Checklist steps={loaded.value} />
  ) : (
    <aside className="tile first-steps" aria-label="First steps">
      <Show loaded={loaded} again={again} rows={9}>
        {() => null}
      </Show>
    </aside>
  );
}

function Checklist({ steps: { workflow, steps, example } }: { steps: Steps }) {
  const [, change, trouble] = usePreferences();
  const left = steps.filter((step) => !step.done).length;
  const next = steps.find((step) => !step.done)?.key;
  return (
    <aside className="tile first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">First steps</h2>
      <p className="note">
        {left === 0 ? "All five are done." : `${steps.length - left} of ${steps.length} done.`}
      </p>
      <ol>
        {steps.map(({ key, done }) => (
          <li key={key} className={done ? "done" : ""} aria-current={key === next ? "step" : undefined}>
            <span className="first-steps-mark" aria-hidden="true">
              {done ? "✓" : "○"}
            </span>
            <span>
              <Title step={key} workflow={workflow} />
              {done && <span className="visually-hidden"> (done)</span>}
              {key === next && <span className="why">{hintOf(key, workflow)}</span>}
              {key === "watch" && !done && workflow !== null && example !== null && (
                <CreateExample workflow={workflow} example={example} />
              )}
            </span>
          </li>
        ))}
      </ol>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <button type="button" onClick={() => change({ first_steps: false })}>
        {left === 0 ? "Close" : "Not now"}
      </button>
      <p className="note">The menu with your name brings them back.</p>
    </aside>
  );
}

type About = Steps["workflow"];
const DEMO = "sla-alert";

function Title({ step, workflow }: { step: FirstStep; workflow: About }) {
  const name = workflow === null ? "your first workflow" : `“${workflow.name}”`;
  if (step === "open") {
    return workflow === null ? (
      <Link to="workflows/new/">Make and open {name}</Link>
    ) : (
      <Link to={`workflows/${workflow.id}/`}>Open {name}</Link>
    );
  }
  if (step === "test") {
    return <>Run a test on live {workflow?.key === DEMO ? "tickets" : "records"}</>;
  }
  if (step === "change") {
    return (
      <>{workflow?.key === DEMO ? "Change 2 h to 4 h" : `Change a setting of ${name}`} and see what changes</>
    );
  }
  return step === "publish" ? <>Publish to simulate</> : <>Watch a run live</>;
}

function hintOf(step: FirstStep, workflow: About): string {
  switch (step) {
    case "open":
      return workflow === null
        ? "An example that works is the quickest."
        : "It opens in the editor, as a graph.";
    case "test":
      return "In the editor: Run test. It only looks: nothing is changed and nobody is told.";
    case "change":
      return workflow?.key === DEMO
        ? "In the editor: choose the first step, set “How long” to 4 hours, then Run test again."
        : "In the editor: choose a step, change it, then Run test again.";
    case "publish":
      return "In the editor: Publish…. A new version judges events and does not act yet.";
    case "watch":
      return "Open the page of a run while it runs, or soon after.";
  }
}

/** Makes a record that the workflow takes at once, then opens the run that it starts. */
function CreateExample({
  workflow,
  example,
}: {
  workflow: NonNullable<About>;
  example: NonNullable<Steps["example"]>;
}) {
  const { api, home } = useSite();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const module = workflow.module ?? "";

  const create = async () => {
    const key = `WATCH-${Date.now().toString(36).toUpperCase()}`;
    await api.createRecord(module, key, example.values);
    setSaid(`${key} is made. Its run opens when it begins…`);
    const address = `runs/${query({ workflow: workflow.id, module, record: key, limit: 1 })}`;
    for (let look = 0; look < PATIENCE; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const [run] = (await api.list<Run>(address)).results;
      if (run !== undefined) return navigate(`${home}runs/${run.id}/`);
    }
    setSaid(`${key} has started no run yet. The decisions say why, or when nothing has judged it.`);
  };
  const onClick = () => {
    setBusy(true);
    create()
      .catch((error: unknown) =>
        setSaid(error instanceof ApiError ? error.message : "It could not be made. Try again."),
      )
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" disabled={busy} onClick={onClick}>
        Create a {example.noun}
      </button>
      <span className="why" role="status">
        {said}
      </span>
    </>
  );
}
