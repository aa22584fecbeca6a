import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { requestName } from "../api/requestName";
import type { RetryChoice, Run } from "../api/runTypes";
import { useSite } from "../app/context";
import { navigate } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { useModal } from "../ui/useModal";

interface Props {
  run: Run;
  /** What the run started with; null while it is being loaded, and without the right to see it. */
  input: Record<string, unknown> | null;
  refresh: () => void;
}

type Start = RetryChoice["start"];
type Version = RetryChoice["version"];

const FROM: Record<Start, string> = { failed_step: "the failed step", start: "the start" };

/** For those who may retry runs of the workflow. */
export function RetryButton({ run, input, refresh }: Props) {
  const { api } = useSite();
  const { id } = run.workflow;
  const [workflow] = useLoad(useCallback((signal) => api.workflow(id, signal), [api, id]));
  const [open, setOpen] = useState(false);
  if (workflow.state !== "ready" || !workflow.value.rights.includes("retry")) return null;
  // Somebody may be faster while the dialog is open: it stays, and says so when it is sent.
  return (
    <>
      {run.retried_as === null && (
        <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          Retry ▾
        </button>
      )}
      {open && <RetryDialog run={run} input={input} refresh={refresh} close={() => setOpen(false)} />}
    </>
  );
}

/** Says what each way to retry would keep and repeat before it is gone; then opens the new run. */
function RetryDialog({ run, input, refresh, close }: Props & { close: () => void }) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const [choices, again] = useLoad(useCallback(() => api.retryChoices(run.id), [api, run.id]));
  return (
    <dialog ref={dialog} aria-labelledby="retry-title" className="run-dialog" onClose={close}>
      <h2 id="retry-title">Retry run {run.id}</h2>
      <Show loaded={choices} again={again}>
        {(told) => (
          <RetryForm
            run={run}
            input={input}
            choices={told}
            refresh={refresh}
            close={() => dialog.current?.close()}
          />
        )}
      </Show>
    </dialog>
  );
}

function RetryForm({
  run,
  input,
  choices,
  refresh,
  close,
}: Props & { choices: RetryChoice[]; close: () => void }) {
  const { api, home } = useSite();
  const [start, setStart] = useState<Start>("failed_step");
  const [version, setVersion] = useState<Version>("run");
  const [reason, setReason] = useState("");
  const original = input === null ? "" : JSON.stringify(input, null, 2);
  const [edited, setEdited] = useState(original);
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const sent = useRef({ body: "", key: "" });
  useEffect(() => first.current?.focus(), []);

  const active = choices.find((one) => one.version === "active");
  const chosen = choices.find((one) => one.start === start && one.version === version);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setTrouble(null);
    const changed = input === null || edited.trim() === original ? undefined : objectOf(edited);
    if (changed === null) {
      setTrouble(
        new ApiError(0, "What it starts with is no JSON object. Mend it, or put back what was there."),
      );
      setSending(false);
      return;
    }
    const body = { start, version, reason, ...(changed === undefined ? {} : { input: changed }) };
    const text = JSON.stringify(body);
    // The same request keeps its name, so that an answer that was lost on the way costs no second retry.
    if (sent.current.body !== text) sent.current = { body: text, key: `retry-${run.id}-${requestName()}` };
    try {
      const made = await api.retry(run.id, body, sent.current.key);
      close();
      navigate(`${home}runs/${made.id}/`);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error : new ApiError(0, "The run could not be retried."));
      setSending(false);
      refresh();
    }
  };
  return (
    <form onSubmit={(event) => void send(event)}>
      <fieldset className="retry-choice">
        <legend>From</legend>
        {(["failed_step", "start"] as const).map((one, index) => (
          <label key={one}>
            <input
              ref={index === 0 ? first : null}
              type="radio"
              name="retry-start"
              checked={start === one}
              onChange={() => setStart(one)}
            />
            {FROM[one]}
          </label>
        ))}
      </fieldset>
      <fieldset className="retry-choice">
        <legend>Version</legend>
        <label>
          <input
            type="radio"
            name="retry-version"
            checked={version === "run"}
            onChange={() => setVersion("run")}
          />
          v{run.version} of this run
          {active?.number === run.version && ", which is the active one"}
        </label>
        {active !== undefined && active.number !== null && active.number !== run.version && (
          <label>
            <input
              type="radio"
              name="retry-version"
              checked={version === "active"}
              onChange={() => setVersion("active")}
            />
            v{active.number}, the active one
          </label>
        )}
      </fieldset>
      <div className="retry-told" aria-live="polite">
        {chosen?.refusal ? (
          <p className="problem">{chosen.refusal.detail}</p>
        ) : (
          <p id="retry-sentence">{chosen?.sentence}</p>
        )}
      </div>
      <label htmlFor="retry-reason">Why? (optional) It is kept in the audit and in both logs.</label>
      <input
        id="retry-reason"
        type="text"
        className="retry-reason"
        value={reason}
        maxLength={300}
        onChange={(event) => setReason(event.target.value)}
      />
      {input !== null && (
        <details>
          <summary>Start it with other values</summary>
          <label htmlFor="retry-input">
            The variables that it starts with, as JSON. The event stays; the audit keeps both.
          </label>
          <textarea
            id="retry-input"
            rows={6}
            spellCheck={false}
            value={edited}
            onChange={(event) => setEdited(event.target.value)}
          />
          {edited.trim() !== original && (
            <>
              <p className="note">Before:</p>
              <pre className="retry-before">{original}</pre>
            </>
          )}
        </details>
      )}
      {trouble !== null && (
        <p className="error" role="alert">
          {trouble.message}{" "}
          {typeof trouble.facts.run === "number" && (
            <Link to={`runs/${trouble.facts.run}/`}>Open run {trouble.facts.run}</Link>
          )}
        </p>
      )}
      <div className="run-dialog-buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="primary" disabled={sending || !chosen || chosen.refusal !== null}>
          Retry from {FROM[start]}
        </button>
      </div>
    </form>
  );
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
