import type { RunChange } from "../api/runTypes";
import { StepMark } from "../ui/chips";
import { clock, dateTime, duration } from "../ui/format";
import { JsonTree } from "../ui/JsonTree";
import { LargeValue } from "../ui/LargeValue";
import { Link } from "../ui/Link";
import type { StepRow } from "./rows";

/** Everything that is known of one step. */
export function StepDetails({ row, now, run }: { row: StepRow | undefined; now: number; run: number }) {
  if (row === undefined) {
    return (
      <aside className="details" aria-label="Selected step">
        <p className="note">Choose a step to see what it did.</p>
      </aside>
    );
  }
  const { step } = row;
  const disabled = step?.status === "skipped" && step.error?.code === "disabled";
  return (
    <aside className="details" aria-labelledby="details">
      <h2 id="details">
        {row.title} {step !== null && <StepMark step={step} />}
      </h2>
      <p className="note">
        {row.family}: {row.kind} · <code>{row.node}</code>
      </p>
      {step === null ? (
        <p>The run has not come here.</p>
      ) : (
        <>
          {step.kept_from !== null && (
            <p>
              Kept from <Link to={`runs/${step.kept_from}/?step=${row.node}`}>run {step.kept_from}</Link>,
              which did it: this run has not repeated it.
            </p>
          )}
          {row.kind === "start workflow" && step.started_at !== null && (
            <p>
              <Link to={`runs/?parent=${run}`}>The runs that it has started</Link>
            </p>
          )}
          {disabled && <p>Disabled: the run went on without it.</p>}
          {!disabled && step.error?.message && (
            <p className="problem">
              {step.error.message}
              {step.error.code && (
                <>
                  {" "}
                  <code>{step.error.code}</code>
                </>
              )}
            </p>
          )}
          {step.status === "skipped" && !disabled && <p>No branch led here.</p>}
          {step.started_at !== null && (
            <dl className="facts">
              <Fact name="Started" value={dateTime(step.started_at)} />
              <Fact
                name="Finished"
                value={step.finished_at === null ? "not yet" : dateTime(step.finished_at)}
              />
              <Fact name="Took" value={duration(step.started_at, step.finished_at, now)} />
              <Fact name="Attempts" value={String(step.attempt)} />
              {step.wait !== null && (
                <Fact
                  name={step.wait.kind === "retry" ? "Tries again" : "Waits for"}
                  value={step.wait.until === null ? step.wait.kind : dateTime(step.wait.until)}
                />
              )}
              {step.branches.some((branch) => branch !== "") && (
                <Fact name="Branch" value={step.branches.join(", ")} />
              )}
              {step.assumed && <Fact name="Result" value="assumed, not made" />}
            </dl>
          )}
          {step.changes.length > 0 && (
            <>
              <h3>Changes</h3>
              <Changes changes={step.changes} />
            </>
          )}
          {(step.output !== null || step.large) && (
            <>
              <h3>Output</h3>
              <StepOutput key={row.node} row={row} run={run} />
            </>
          )}
        </>
      )}
      {row.lines.length > 0 && (
        <>
          <h3>Log</h3>
          <ol className="details-log">
            {row.lines.slice(-20).map((line) => (
              <li key={line.seq}>
                <time dateTime={line.at}>{clock(line.at)}</time>{" "}
                <span className={`level-${line.level}`}>{line.level}</span> {line.message}
              </li>
            ))}
          </ol>
        </>
      )}
      {Object.keys(row.config).length > 0 && (
        <details>
          <summary>Settings</summary>
          <JsonTree key={row.node} value={row.config} path="config" label={`Settings of ${row.title}`} />
        </details>
      )}
    </aside>
  );
}

/** What a step gave, if it gave anything; of what is too large the beginning, until somebody asks for all of it. */
export function StepOutput({ row, run }: { row: StepRow; run: number }) {
  const path = `steps.${row.node}.output`;
  const label = `Output of ${row.title}`;
  if (row.step?.large) {
    const address = `runs/${run}/steps/${row.node}/output/`;
    return <LargeValue large={row.step.large} address={address} path={path} label={label} />;
  }
  if (row.step === null || row.step.output === null) return null;
  return <JsonTree value={row.step.output} path={path} label={label} />;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Field by field, before → after. */
export function Changes({ changes }: { changes: RunChange[] }) {
  const records = new Set(changes.map((change) => `${change.module} ${change.record}`));
  return (
    <dl className="changes">
      {changes.map((change) => (
        <div key={`${change.module} ${change.record} ${change.field}`}>
          <dt>
            {records.size > 1 && `${change.module} ${change.record}: `}
            {change.field}
          </dt>
          <dd>
            <del>{said(change.before)}</del> → <ins>{said(change.after)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function said(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
