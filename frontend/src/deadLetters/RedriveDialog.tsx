import { useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { requestName } from "../api/requestName";
import { useSite } from "../app/context";
import { FormDialog, Refused } from "../ui/FormDialog";
import { EditFields } from "./EditFields";
import { editOf, type Row } from "./edits";
import { Rests } from "./Rests";
import type { RedriveDetail, RedrivePreview } from "./types";
import "./deadLetters.css";

interface Props {
  /** What the API chooses the runs by. */
  chosen: Record<string, unknown>;
  /** "14 dead letters" */
  what: string;
  /** Whether it opens at doing it, and not at the dry run. */
  forReal?: boolean;
  onDone: (made: RedriveDetail) => void;
  onClose: () => void;
}

/** How long nothing is changed before it is asked what would be done. */
const PAUSE_MS = 300;

/** Retries many runs at a rate, one first; or tells what would come of each, without doing anything. */
export function RedriveDialog({ chosen, what, forReal = false, onDone, onClose }: Props) {
  const { api } = useSite();
  const id = useId();
  const [dry, setDry] = useState(!forReal);
  const [start, setStart] = useState<"failed_step" | "start">("failed_step");
  const [version, setVersion] = useState<"active" | "run">("active");
  const [rate, setRate] = useState("60");
  const [canary, setCanary] = useState(true);
  const [failures, setFailures] = useState("3");
  const [reason, setReason] = useState("");
  const [rows, setRows] = useState<Row[]>([]);
  const [told, setTold] = useState<RedrivePreview | string | null>(null);
  const [known, setKnown] = useState<string[]>([]);
  const edit = editOf(rows);
  const how = {
    ...chosen,
    start,
    version,
    dry_run: dry,
    ...(edit === null ? {} : { edit }),
    ...(dry ? {} : { rate: Number(rate), canary, most_failures: Number(failures), among: 10 }),
  };
  const asked = JSON.stringify(how);
  useEffect(() => {
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      api
        .send<RedrivePreview>("POST", "redrives/preview/", JSON.parse(asked), { signal: leaving.signal })
        .then(
          (preview) => {
            setTold(preview);
            setKnown(preview.fields_known);
          },
          (error: unknown) => {
            if (!leaving.signal.aborted) setTold(error instanceof ApiError ? error.message : null);
          },
        );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [api, asked]);
  const sent = useRef({ body: "", key: "" });
  const send = async () => {
    if (typeof edit === "string") throw new Refused(edit);
    const body = { ...how, reason };
    const text = JSON.stringify(body);
    if (sent.current.body !== text) sent.current = { body: text, key: `redrive-${requestName()}` };
    const headers = { "Idempotency-Key": sent.current.key };
    onDone(await api.send<RedriveDetail>("POST", "redrives/", body, { headers }));
  };
  return (
    <FormDialog
      title={`Redrive ${what}`}
      button={dry ? "Show what would happen" : "Redrive"}
      onDo={send}
      onClose={onClose}
    >
      <div className="letters-form">
        <fieldset className="ways">
          <legend>Do it</legend>
          <label>
            <input type="radio" name={`${id}-dry`} checked={dry} onChange={() => setDry(true)} /> as a dry
            run: nothing is done, you see what would come of each
          </label>
          <label>
            <input type="radio" name={`${id}-dry`} checked={!dry} onChange={() => setDry(false)} /> for real
          </label>
        </fieldset>
        <fieldset className="ways">
          <legend>From</legend>
          <label>
            <input
              type="radio"
              name={`${id}-start`}
              checked={start === "failed_step"}
              onChange={() => setStart("failed_step")}
            />{" "}
            the failed step
          </label>
          <label>
            <input
              type="radio"
              name={`${id}-start`}
              checked={start === "start"}
              onChange={() => setStart("start")}
            />{" "}
            the start
          </label>
        </fieldset>
        <fieldset className="ways">
          <legend>With</legend>
          <label>
            <input
              type="radio"
              name={`${id}-version`}
              checked={version === "active"}
              onChange={() => setVersion("active")}
            />{" "}
            the active version
          </label>
          <label>
            <input
              type="radio"
              name={`${id}-version`}
              checked={version === "run"}
              onChange={() => setVersion("run")}
            />{" "}
            the version of each run
          </label>
        </fieldset>
        <EditFields rows={rows} onChange={setRows} known={known} />
        <Told edit={edit} told={told} />
        {typeof told === "object" && told !== null && <Rests rests={told.rests} />}
        {!dry && (
          <>
            <label className="tick">
              <input type="checkbox" checked={canary} onChange={(event) => setCanary(event.target.checked)} />{" "}
              One first, the rest once it has succeeded
            </label>
            <label htmlFor={`${id}-rate`}>Runs a minute</label>
            <input
              id={`${id}-rate`}
              type="number"
              min={1}
              max={600}
              required
              value={rate}
              onChange={(event) => setRate(event.target.value)}
            />
            <label htmlFor={`${id}-failures`}>Stop when so many of the last ten fail</label>
            <input
              id={`${id}-failures`}
              type="number"
              min={1}
              max={10}
              required
              value={failures}
              onChange={(event) => setFailures(event.target.value)}
            />
          </>
        )}
        <label htmlFor={`${id}-reason`}>Why? (optional) It is kept in the audit.</label>
        <input
          id={`${id}-reason`}
          type="text"
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
    </FormDialog>
  );
}

/** What would be done, or why it can't be. */
function Told({ edit, told }: { edit: ReturnType<typeof editOf>; told: RedrivePreview | string | null }) {
  const preview = typeof told === "string" ? null : told;
  const [first] = preview?.problems ?? [];
  const trouble =
    typeof edit === "string"
      ? edit
      : typeof told === "string"
        ? told
        : first === undefined
          ? null
          : `${first.message} ${first.hint}`;
  return (
    <p className={trouble === null ? "note told" : "problem told"} aria-live="polite">
      {trouble ?? preview?.sentence}
    </p>
  );
}
