import type { Candidate, RunTest } from "../api/runTypes";
import { nodeOf } from "../graph/operations";
import { shown } from "../ui/format";
import { Nearest } from "./Nearest";
import { recordOf, type Sample, sampleWord } from "./sample";
import type { Source } from "./scenarios/scenarios";
import { useEditor, useSlice } from "./store";
import { refusalOf, WhyNot } from "./WhyNot";
import { nameOf, useWorld } from "./world";

type Save = (source: Source, title: string) => void;

interface Props {
  busy: boolean;
  trouble: string;
  /** Keep what a line is about as a scenario. */
  onSave: Save;
}

/** What the last test found: the branches with their counts, and each record with what would be done to it. */
export function TestDrawer({ busy, trouble, onSave }: Props) {
  const test = useSlice((state) => state.test);
  if (busy) return <p className="note">Testing… nothing is written.</p>;
  if (trouble !== "") return <p className="problem">{trouble}</p>;
  if (test === null) {
    return (
      <p className="note">
        A test says what this draft would do with the records as they are now. It writes nothing. Press Run
        test, or Ctrl+Enter.
      </p>
    );
  }
  return (
    <>
      <WhenTested />
      {test.candidates.records !== null && <WhyNot />}
      <Candidates test={test} onSave={onSave} />
    </>
  );
}

function Candidates({ test, onSave }: { test: RunTest; onSave: Save }) {
  const sample = useSlice((state) => state.sample);
  const maySave = useMaySave();
  const { store } = useEditor();
  const { kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const chosen = useSlice((state) => state.candidate);
  const { total, shown: count, records, branches, items } = test.candidates;
  const named = (id: string) => {
    const node = nodeOf(drawing, id);
    return node === undefined ? id : nameOf(node, kinds);
  };
  const failing = items.filter((item) => item.status === "failed").length;
  if (!test.matched || total === 0) return <NoCandidate test={test} onSave={onSave} />;
  return (
    <>
      <p>
        <strong>{total === 1 ? "1 candidate" : `${total} candidates`}</strong>
        {count < total && ` (the first ${count} are shown)`}
        {branches.map((branch) => (
          <span key={`${branch.node} ${branch.branch}`} className="chip branch-total">
            {named(branch.node)}: {branch.total} {branch.branch}
          </span>
        ))}
        {records !== null && records > total && (
          <span className="note branch-total">not selected: {records - total}</span>
        )}
        {failing > 0 && <span className="error branch-total">{failing} would fail</span>}
      </p>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Branch</th>
              <th scope="col">Path</th>
              <th scope="col">What it would do</th>
              {maySave && (
                <th scope="col">
                  <span className="visually-hidden">Keep</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {items.map((item, index) => (
              <tr key={item.record ?? index} className={chosen === index ? "chosen" : ""}>
                <th scope="row">
                  <button
                    type="button"
                    className="as-link"
                    aria-pressed={chosen === index}
                    onClick={() => store.setState({ candidate: chosen === index ? null : index })}
                  >
                    {item.record ?? "no record"}
                  </button>
                </th>
                <td>{item.branch || "–"}</td>
                <td>{item.path.map((step) => named(step.node)).join(" → ")}</td>
                <td>
                  <Effects item={item} named={named} />
                  {item.status === "failed" && (
                    <span className="error">It would fail at {named(item.path.at(-1)?.node ?? "")}.</span>
                  )}
                </td>
                {maySave && (
                  <td>
                    <SaveButton sample={sample} record={item.record ?? ""} onSave={onSave} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function NoCandidate({ test, onSave }: { test: RunTest; onSave: Save }) {
  const { records, nearest } = test.candidates;
  const sample = useSlice((state) => state.sample);
  const maySave = useMaySave();
  if (records !== null) return <Nearest records={records} nearest={nearest} />;
  return (
    <p>
      {refusalOf(test)} {maySave && <SaveButton sample={sample} record={recordOf(sample)} onSave={onSave} />}
    </p>
  );
}

/** Whether what is tested can be kept: a scenario that is the sample is kept already. */
function useMaySave(): boolean {
  const { workflow, readOnly } = useWorld();
  const kept = useSlice((state) => state.sample?.kind === "scenario");
  return !readOnly && !kept && workflow.rights.includes("run_test");
}

function SaveButton({ sample, record, onSave }: { sample: Sample | null; record: string; onSave: Save }) {
  const title = record || sampleWord(sample);
  return (
    <button
      type="button"
      aria-label={`Save as scenario: ${title}`}
      onClick={() => onSave(sourceOf(sample, record), title)}
    >
      Save as scenario
    </button>
  );
}

/** What a scenario is made of: the sample, or one of the records where all were tested. */
function sourceOf(sample: Sample | null, record: string): Source {
  if (sample?.kind === "event") return { event_id: sample.id };
  return sample?.kind === "pasted" ? { given: { event: { data: sample.data } } } : { record };
}

/** A test is of a draft that may have moved on. */
function WhenTested() {
  const tested = useSlice((state) => state.tested);
  const revision = useSlice((state) => state.revision);
  if (tested === revision) return null;
  return <p className="note">This test was of an earlier draft. Run it again to see what has changed.</p>;
}

function Effects({ item, named }: { item: Candidate; named: (id: string) => string }) {
  if (item.actions.length === 0) return <span className="note">nothing</span>;
  return (
    <ul className="effects">
      {item.actions.map((action) => (
        <li key={action.node}>
          <span>{named(action.node)}</span>
          {!action.allowed && <span className="error">not allowed for whom it runs as</span>}
          {action.changes.map((change) => (
            <span key={change.field} className="change">
              {change.field} <del>{shown(change.before)}</del> → <ins>{shown(change.after)}</ins>
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
