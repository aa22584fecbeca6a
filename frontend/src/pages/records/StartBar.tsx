import { useState } from "react";
import type { Module } from "../../api/recordTypes";
import { Link } from "../../ui/Link";
import { spansOf } from "../runs/runFilters";
import { StartDialog } from "./StartDialog";

interface Props {
  module: Module;
  /** Of the records that are selected and shown. */
  keys: string[];
  onDone: () => void;
}

interface Started {
  workflow: number;
  name: string;
  events: number[];
  held: boolean;
}

/** How many records are selected, and starting a workflow on them. */
export function StartBar({ module, keys, onDone }: Props) {
  const [asked, setAsked] = useState<string[] | null>(null);
  const [started, setStarted] = useState<Started | null>(null);
  return (
    <>
      <div className="buttons bulk">
        <span role="status">{keys.length === 0 ? "None selected" : `${keys.length} selected`}</span>
        <button type="button" disabled={keys.length === 0} onClick={() => setAsked(keys)}>
          Start a workflow…
        </button>
        <span className="note">Space selects, the arrows move, Shift+click selects all between</span>
      </div>
      {started !== null && (
        <p className="started" role="status">
          {countOf(started.events.length)} handed to “{started.name}”.{" "}
          {started.held && (
            <>
              What is above the limit waits for approval: <Link to="approvals/?whose=all">Approvals</Link>.{" "}
            </>
          )}
          <RunsOf started={started} />
        </p>
      )}
      {asked !== null && (
        <StartDialog
          module={module}
          keys={asked}
          onStarted={(done) => {
            setStarted(done);
            onDone();
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** The runs that were made of them; of many in many places all of the workflow’s. */
function RunsOf({ started: { workflow, events } }: { started: Started }) {
  const spans = spansOf(events);
  const filter = spans.split(",").length > MOST_SPANS ? "" : `?events=${spans}`;
  return <Link to={`workflows/${workflow}/runs/${filter}`}>See their runs</Link>;
}

const MOST_SPANS = 200;

function countOf(records: number): string {
  return records === 1 ? "1 record is" : `${records} records are`;
}
