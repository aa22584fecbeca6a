import { type FormEvent, useCallback, useId, useRef, useState } from "react";
import { ApiError, query } from "../api/client";
import { requestName } from "../api/requestName";
import type { Run } from "../api/runTypes";
import type { Undo, UndoPlan } from "../api/undoTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";
import { useModal } from "../ui/useModal";
import { Undos, WhatGoesBack, WhatStays } from "./UndoTables";
import "./undo.css";

interface Props {
  run: Run;
  undone: () => void;
  close: () => void;
}

/** What undoing would put back, field by field, what it would leave and why; then the deed, as it was shown. */
export function UndoDialog({ run, undone, close }: Props) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  const [children, setChildren] = useState(false);
  const [back, setBack] = useState<Undo | null>(null);
  const id = useId();
  useModal(dialog);
  const path = back === null ? `runs/${run.id}/undo/` : `runs/${run.id}/undo/${back.id}/`;
  const load = useCallback(
    (signal: AbortSignal) =>
      api.get<UndoPlan>(`${path}${back === null ? query({ children: children ? "true" : "" }) : ""}`, signal),
    [api, path, back, children],
  );
  const [loaded, again] = useLoad(load);
  const done = () => {
    undone();
    setBack(null);
    again();
  };
  return (
    <dialog ref={dialog} aria-labelledby={`${id}-title`} className="run-dialog undo-dialog" onClose={close}>
      <h2 id={`${id}-title`}>{back === null ? `Undo run ${run.id}` : "Take the undo back"}</h2>
      <p className="note">
        {back === null
          ? "Fields go back to what they were before this run, where nobody has changed them since. The rest is left."
          : `Fields become again what the run had made of them before ${back.actor} undid it.`}
      </p>
      <Show loaded={loaded} again={again} rows={4}>
        {(plan) => (
          <>
            <WhatGoesBack plan={plan} />
            <WhatStays plan={plan} />
            {back === null && (plan.children || plan.stays.some((one) => one.what === "started")) && (
              <label className="undo-children">
                <input
                  type="checkbox"
                  checked={children}
                  onChange={(event) => setChildren(event.target.checked)}
                />{" "}
                Also undo the runs that it started
              </label>
            )}
            {plan.why_not !== "" && <p className="finding">{plan.why_not}</p>}
            <Deed
              key={plan.plan_hash}
              plan={plan}
              path={path}
              word={back === null ? "Undo" : "Take back"}
              done={done}
              changed={again}
              close={() => (back === null ? dialog.current?.close() : setBack(null))}
            />
            {back === null && <Undos undos={plan.undos} takeBack={setBack} />}
          </>
        )}
      </Show>
    </dialog>
  );
}

interface Doing {
  plan: UndoPlan;
  path: string;
  word: string;
  done: () => void;
  /** What was shown is no longer what would be done. */
  changed: () => void;
  close: () => void;
}

function Deed({ plan, path, word, done, changed, close }: Doing) {
  const { api } = useSite();
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  // Sent again after a lost answer, it is done once.
  const [key] = useState(() => `undo-${requestName()}`);
  const id = useId();
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setTrouble("");
    const body = { plan_hash: plan.plan_hash, reason };
    try {
      await api.send<Undo>(
        "POST",
        path,
        path.endsWith("/undo/") ? { ...body, children: plan.children } : body,
        {
          headers: { "Idempotency-Key": key },
        },
      );
      done();
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "That could not be sent. Try again.");
      if (error instanceof ApiError && error.code === "plan-changed") changed();
    } finally {
      setSending(false);
    }
  };
  const count = plan.restored.length;
  return (
    <form onSubmit={(event) => void send(event)}>
      {count > 0 && (
        <>
          <label htmlFor={`${id}-why`}>Why? It is kept in the audit.</label>
          <input
            id={`${id}-why`}
            value={reason}
            maxLength={300}
            onChange={(event) => setReason(event.target.value)}
          />
        </>
      )}
      <p className="error" role="alert">
        {trouble}
      </p>
      <div className="run-dialog-buttons">
        <button type="button" onClick={close}>
          Close
        </button>
        {count > 0 && (
          <button type="submit" className="run-danger" disabled={sending}>
            {word} {count} {count === 1 ? "change" : "changes"}
          </button>
        )}
      </div>
    </form>
  );
}
