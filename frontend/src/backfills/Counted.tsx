import { type FormEvent, useRef, useState } from "react";
import { requestName } from "../api/requestName";
import { useSite } from "../app/context";
import { OutcomeMark } from "../pages/decisions/DecisionTable";
import { ModeChip } from "../ui/chips";
import { number } from "../ui/format";
import { Link } from "../ui/Link";
import { type Column, Table } from "../ui/Table";
import { Troubles } from "../ui/Troubles";
import { PATIENCE_MS, sentencesOf } from "./asking";
import {
  type Asked,
  type BackfillDetail,
  type BackfillPart,
  type BackfillPreview,
  type LeftOut,
  momentIn,
  oneOf,
  type Sampled,
  thingsOf,
} from "./types";

interface Props {
  asked: Asked;
  preview: BackfillPreview;
  onStarted: (made: BackfillDetail) => void;
}

/** What would be judged, what is left out and why, for whose yes it would wait, and the button that starts it. */
export function Counted({ asked, preview, onStarted }: Props) {
  const { parts, zone } = preview;
  const held = parts.filter((part) => part.held !== null);
  return (
    <section className="backfill-counted" aria-labelledby="counted">
      <h2 id="counted">Counted</h2>
      <p role="status">
        <strong>{thingsOf(preview.total, asked)}</strong> would be judged
        {preview.version !== null && ` by version ${preview.version}`}, in <ModeChip mode={preview.mode} />
        {preview.total > 0 &&
          `, which takes about ${number(preview.minutes)} min at ${asked.rate} a minute. Nothing is started yet`}
        .
      </p>
      {held.length > 0 && (
        <p className="backfill-held">
          <span aria-hidden="true">⚠ </span>
          Above the blast radius: {held.map((part) => `“${part.title}”: ${part.held?.sentence}`).join(" ")}{" "}
          {preview.approvers.length > 0
            ? `If the trigger takes all of them, the first run waits, with all after it, until ${oneOf(preview.approvers)} agrees.`
            : "If the trigger takes all of them, it waits for approval, and nobody but you may approve here: share the right “approve” first."}
        </p>
      )}
      {parts.length > 0 && (
        <Table label="By trigger" columns={partColumns(zone)} rows={parts} keyOf={(part) => part.trigger} />
      )}
      {preview.notes.length > 0 && (
        <ul className="note">
          {preview.notes.map((note) => (
            <li key={note.message}>{note.message}</li>
          ))}
        </ul>
      )}
      <Oldest parts={parts} zone={zone} />
      {preview.refusal !== "" && preview.code !== "paused" ? (
        <p className={preview.code === "nothing-to-make-up" ? "note" : "problem"}>{preview.refusal}</p>
      ) : (
        <Begin asked={asked} preview={preview} onStarted={onStarted} />
      )}
    </section>
  );
}

/** Whether it is done or only foreseen, why, and go. */
function Begin({ asked, preview, onStarted }: Props) {
  const { api } = useSite();
  const blocked = preview.refusal !== "";
  const [dry, setDry] = useState(true);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);
  const sent = useRef({ body: "", key: "" });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const body = { ...asked, dry_run: dry, reason };
    const text = JSON.stringify(body);
    // The same request keeps its name, so that an answer that was lost on the way starts nothing twice.
    if (sent.current.body !== text) sent.current = { body: text, key: `backfill-${requestName()}` };
    const headers = { "Idempotency-Key": sent.current.key };
    api
      .send<BackfillDetail>("POST", "backfills/", body, { headers, patience: PATIENCE_MS })
      .then(onStarted, (error: unknown) => {
        setTrouble(sentencesOf(error));
        setBusy(false);
      });
  };
  return (
    <form className="backfill-begin" aria-label="Start what was counted" onSubmit={submit}>
      <fieldset>
        <legend>Do it</legend>
        <label>
          <input type="radio" name="dry" checked={dry} onChange={() => setDry(true)} /> as a dry run: nothing
          is done, you see what would come of each
        </label>
        <label>
          <input type="radio" name="dry" checked={!dry} disabled={blocked} onChange={() => setDry(false)} />{" "}
          for real
        </label>
      </fieldset>
      {blocked && <p className="note">{preview.refusal}</p>}
      <label>
        Why? (optional) It is kept in the audit.
        <input value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} />
      </label>
      <button type="submit" className="primary" disabled={busy}>
        {dry
          ? `Foresee ${thingsOf(preview.total, asked)}`
          : preview.approvers.length > 0
            ? `Ask to make up for ${thingsOf(preview.total, asked)}`
            : `Make up for ${thingsOf(preview.total, asked)}`}
      </button>
      <Troubles lines={trouble} />
    </form>
  );
}

/** How many of what is not among it, by why. */
export function LeftOutList({ leftOut }: { leftOut: LeftOut[] }) {
  if (leftOut.length === 0) return "nothing";
  return (
    <ul className="plain backfill-left-out">
      {leftOut.map((one) => (
        <li key={one.code}>
          {number(one.count)} {one.sentence}
        </li>
      ))}
    </ul>
  );
}

function Oldest({ parts, zone }: { parts: BackfillPart[]; zone: string }) {
  const rows = parts.flatMap((part) =>
    part.sample.map((one) => ({ ...one, trigger: part.trigger, title: part.title })),
  );
  if (rows.length === 0) return null;
  return (
    <details className="backfill-sample">
      <summary>The oldest {rows.length}, and what the trigger would answer now</summary>
      <Table
        label="The oldest"
        columns={sampleColumns(zone)}
        rows={rows}
        keyOf={(one) => `${one.trigger} ${one.event ?? one.slot}`}
      />
    </details>
  );
}

function partColumns(zone: string): Column<BackfillPart>[] {
  const moment = (at: string | null) => (at === null ? "–" : momentIn(at, zone));
  return [
    { name: "Trigger", cell: (part) => part.title },
    { name: "What", cell: (part) => part.makes_up_for },
    { name: "To be judged", number: true, cell: (part) => number(part.total) },
    { name: "First", number: true, cell: (part) => moment(part.first) },
    { name: "Last", number: true, cell: (part) => moment(part.last) },
    { name: "Left out", wide: true, cell: (part) => <LeftOutList leftOut={part.left_out} /> },
  ];
}

function sampleColumns(zone: string): Column<Sampled & { trigger: string; title: string }>[] {
  return [
    { name: "When", cell: (one) => momentIn(one.at, zone) },
    { name: "Trigger", cell: (one) => one.title },
    {
      name: "What",
      cell: (one) =>
        one.event === null ? "a slot" : <Link to={`events/${one.event}/`}>Event {one.event}</Link>,
    },
    { name: "Record", cell: (one) => one.record || "–" },
    { name: "Would answer", cell: (one) => <OutcomeMark outcome={one.answer} /> },
    { name: "Why", wide: true, cell: (one) => one.why || "–" },
  ];
}
