import { useEffect, useRef, useState } from "react";
import { type Api, ApiError } from "../api/client";
import type { RunTest } from "../api/runTypes";
import type { BesideDifference, Version } from "../api/types";
import { useSite } from "../app/context";
import { NOTHING, sentencesBeside } from "../difference/beside";
import { DifferenceView } from "../difference/DifferenceView";
import type { GraphDocument } from "../graph/document";
import { useModal } from "../ui/useModal";
import { type Impact, impactOf } from "./impact";
import { PublishIdentity } from "./PublishIdentity";
import { PublishImpact } from "./PublishImpact";
import { PublishEvidence } from "./scenarios/PublishEvidence";
import { useSlice } from "./store";
import { useWords } from "./summary";
import { useWorld } from "./world";

interface Props {
  onClose: () => void;
  onPublished: (version: Version) => void;
}

/** What publishing would change: first for the records of today, then in the document. */
export function PublishDialog({ onClose, onPublished }: Props) {
  const { api } = useSite();
  const { workflow, kinds } = useWorld();
  const words = useWords();
  const drawing = useSlice((state) => state.history.drawing);
  const [live, setLive] = useState<GraphDocument | null>(null);
  const [impact, setImpact] = useState<Impact | string | null>(null);
  const [beside, setBeside] = useState<string[]>([]);
  const [note, setNote] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const active = workflow.active_version;

  useModal(dialog);
  useEffect(() => {
    const leaving = new AbortController();
    const test = (version: "draft" | number): Promise<RunTest> =>
      api.runTest(workflow.id, { version, records: "live", limit: 200 }, leaving.signal);
    const work = async () => {
      if (active !== null) setLive(await api.graph(workflow.id, active, leaving.signal));
      setBeside(sentencesBeside(await pinned(api, workflow.id, active, leaving.signal)));
      const draft = await test("draft");
      setImpact(impactOf(active === null ? null : await test(active), draft));
    };
    work().catch((error: unknown) => {
      if (!leaving.signal.aborted)
        setImpact(error instanceof ApiError ? error.message : "It could not be tested.");
    });
    return () => leaving.abort();
  }, [api, workflow.id, active]);

  const publish = async () => {
    setBusy(true);
    setTrouble("");
    try {
      onPublished(await api.publish(workflow.id, note));
      dialog.current?.close();
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "It could not be published.");
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="widest" aria-labelledby="publish-title" onClose={onClose}>
      <h2 id="publish-title">Publish “{workflow.name}”</h2>
      <PublishImpact />
      <section aria-label="Records of today">
        <h3>On the records of today</h3>
        {impact === null ? <p className="note">Testing…</p> : <ImpactText impact={impact} />}
      </section>
      <PublishEvidence />
      <PublishIdentity />
      <section aria-label="Changes">
        <h3>{active === null ? "First release" : `Changes since version ${active}`}</h3>
        {live !== null ? (
          <DifferenceView before={live} after={drawing} kinds={kinds} words={words} beside={beside} />
        ) : (
          <p className="note">
            {[active === null ? "Nothing was published before." : "Loading…", ...beside].join(" ")}
          </p>
        )}
      </section>
      <label className="block">
        What changed?
        <input value={note} maxLength={300} onChange={(event) => setNote(event.target.value)} />
      </label>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <p className="note">
        A new version simulates first. Once it proves right, let it act under Promote.
        {active !== null &&
          workflow.mode === "execute" &&
          ` Version ${active}, which acts now, takes no more events from then on.`}
      </p>
      <div className="buttons">
        <button type="button" className="primary" disabled={busy} onClick={publish}>
          Publish to simulate
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}

/** What publishing pins that the live version does not; for a first release, all that it would start. */
async function pinned(
  api: Api,
  id: number,
  active: number | null,
  signal: AbortSignal,
): Promise<BesideDifference> {
  if (active !== null) return api.difference(id, active, "draft", signal);
  const { workflows } = await api.validate(id, signal);
  const news = workflows.map(({ key, version }) => ({ path: key, before: null, after: version }));
  return { ...NOTHING, workflows: news };
}

function ImpactText({ impact }: { impact: Impact | string }) {
  if (typeof impact === "string") return <p>{impact}</p>;
  return (
    <p>
      {impact.before === null
        ? `It would take ${impact.after} records.`
        : `Same result ${impact.same} · now selected +${impact.added} · no longer selected −${impact.removed} · other effect ${impact.other}.`}{" "}
      {impact.cut && <span className="note">Compared are the first 200 of each.</span>}
    </p>
  );
}
