import { type FormEvent, useEffect, useState } from "react";
import { recordPath } from "../../api/client";
import type { Module, ModuleDetail, RecordChange, RecordComment } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { Link } from "../../ui/Link";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { Labelled } from "./FieldInput";
import { refusalOf } from "./refusals";
import { Value } from "./Value";

/** Remarks of people and runs, and a form for one more. */
export function Comments({ module, record }: { module: ModuleDetail; record: string }) {
  const { api } = useSite();
  const pages = usePages<RecordComment>(`${recordPath(module.key, record)}comments/`);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | undefined>();
  const [sending, setSending] = useState(false);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return setProblem("Write something first.");
    setSending(true);
    setProblem(undefined);
    try {
      await api.comment(module.key, record, text);
      setText("");
      pages.again();
    } catch (error) {
      const refusal = refusalOf(error, ["text"]);
      setProblem(refusal.problems.text ?? refusal.message);
    } finally {
      setSending(false);
    }
  };
  return (
    <section aria-labelledby="comments">
      <h2 id="comments">Comments</h2>
      <Paged
        pages={pages}
        what="comments"
        empty={<p className="note">Nobody has remarked on this record.</p>}
      >
        {(comments) => (
          <ul className="comments">
            {comments.map((comment) => (
              <li key={comment.id}>
                <span className="note">
                  <Author by={comment} /> · <Ago at={comment.at} />
                </span>
                <p>{comment.text}</p>
              </li>
            ))}
          </ul>
        )}
      </Paged>
      {module.may_use && (
        <form className="comment" onSubmit={onSubmit}>
          <Labelled label="Your comment" problem={problem}>
            {(input) => (
              <textarea {...input} rows={2} value={text} onChange={(event) => setText(event.target.value)} />
            )}
          </Labelled>
          <button type="submit" disabled={sending}>
            Add comment
          </button>
        </form>
      )}
    </section>
  );
}

interface Past {
  module: Module;
  record: string;
  /** Asked for anew when it moves on. */
  version: number;
}

/** Every change of every field: by whom or by which run, from what to what. */
export function History({ module, record, version }: Past) {
  const { loaded, stale, older, again } = usePages<RecordChange>(`${recordPath(module.key, record)}changes/`);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is a reason to ask again.
  useEffect(again, [version, again]);
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <Paged
        pages={{ loaded, stale, older, again }}
        what="changes"
        empty={<p className="note">Nothing has changed since the record is watched.</p>}
      >
        {(changes, old) => <ChangeTable changes={changes} module={module} stale={old} />}
      </Paged>
    </section>
  );
}

interface Changes {
  changes: RecordChange[];
  module: Module;
  stale?: boolean;
}

function ChangeTable({ changes, module, stale = false }: Changes) {
  const columns: Column<RecordChange>[] = [
    { name: "Field", cell: (change) => specOf(module, change)?.label ?? change.field },
    { name: "Before", wide: true, cell: (one) => <Value field={specOf(module, one)} value={one.before} /> },
    { name: "After", wide: true, cell: (one) => <Value field={specOf(module, one)} value={one.after} /> },
    { name: "By", cell: (change) => <Author by={change} /> },
    { name: "When", number: true, cell: ({ at }) => <Ago at={at} /> },
  ];
  return (
    <Table
      label="Changes"
      columns={columns}
      rows={changes}
      keyOf={(change) => `${change.version} ${change.field}`}
      stale={stale}
    />
  );
}

/** Changes in a few words each. */
export function ChangeList({ changes, module }: Changes) {
  return (
    <ul>
      {changes.map((change) => (
        <li key={`${change.version} ${change.field}`}>
          <Author by={change} /> changed {specOf(module, change)?.label ?? change.field} from{" "}
          <Value field={specOf(module, change)} value={change.before} /> to{" "}
          <Value field={specOf(module, change)} value={change.after} />, <Ago at={change.at} />
        </li>
      ))}
    </ul>
  );
}

function specOf(module: Module, change: RecordChange) {
  return module.fields.find((field) => field.key === change.field);
}

function Author({ by: { actor, run } }: { by: Pick<RecordChange, "actor" | "run"> }) {
  if (run !== null) return <Link to={`runs/${run}/`}>Run {run}</Link>;
  return actor ?? "somebody who is gone";
}
