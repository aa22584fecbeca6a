import { useCallback, useState } from "react";
import { ApiError } from "../api/client";
import type { Gate } from "../api/gateTypes";
import type { WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { ModeChip } from "../ui/chips";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { WorkflowHead } from "../ui/WorkflowHead";
import { ReasonDialog } from "../versions/ReasonDialog";
import { ConsentPart } from "./ConsentPart";
import { GateLines } from "./GateLines";
import { GlassBanner } from "./GlassBanner";
import "./promote.css";

interface Loaded {
  workflow: WorkflowDetail;
  /** null: nothing is published yet. */
  gate: Gate | null;
}

/** The gate as a checklist: what is proven, what is open and how it is closed, who agrees; and the way through. */
export default function PromotePage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const workflow = await api.workflow(id, signal);
      return { workflow, gate: workflow.active_version === null ? null : await api.gate(id, signal) };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="promote" what="Promote" />
      <Show loaded={loaded} again={again}>
        {({ workflow, gate }) =>
          gate === null ? (
            <p className="note">
              “{workflow.name}” has no version yet. The editor’s Publish makes the first one, which only
              simulates; here you let it act.
            </p>
          ) : (
            <Checklist workflow={workflow} first={gate} again={again} />
          )
        }
      </Show>
    </>
  );
}

type Asked = "promote" | "break_glass" | "demote";

const WORDS: Record<Asked, { title: string; text: string; button: string; required: boolean }> = {
  promote: {
    title: "Promote to execute",
    text: "From now on the live version acts: it changes records and tells people.",
    button: "Promote",
    required: false,
  },
  break_glass: {
    title: "Promote past the gate",
    text: "The owner and every admin are told, and a banner stays until the gate is green or another version is live. Say what can’t wait, and why.",
    button: "Break the glass",
    required: true,
  },
  demote: {
    title: "Back to simulate",
    text: "The live version goes on judging events and no longer acts.",
    button: "Simulate only",
    required: false,
  },
};

function Checklist({ workflow, first, again }: { workflow: WorkflowDetail; first: Gate; again: () => void }) {
  const { api } = useSite();
  const [gate, setGate] = useState(first);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [asked, setAsked] = useState<Asked | null>(null);
  const may = (right: string) => workflow.rights.includes(right);
  const open = gate.lines.filter((line) => line.state === "open").length;

  /** Do something that closes a line; the answer is the gate as it stands then. */
  const close = async (work: () => Promise<Gate>) => {
    setBusy(true);
    setTrouble("");
    try {
      setGate(await work());
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again.");
    }
    setBusy(false);
  };
  const onReason = async (reason: string) => {
    if (asked === "demote") await api.act(workflow.id, "demote", { reason });
    else await api.act(workflow.id, "promote", { reason, break_glass: asked === "break_glass" });
    setAsked(null);
    again();
  };
  return (
    <>
      <p>
        Version {gate.version} <ModeChip mode={gate.mode} />{" "}
        <span className="note">published by {gate.published_by ?? "nobody"}</span>
      </p>
      {gate.promotion?.glass_broken && <GlassBanner promotion={gate.promotion} />}
      <p className={gate.green ? "gate-sum gate-green" : "gate-sum"} role="status">
        {gate.green
          ? "✓ The gate is green."
          : `${open} of ${gate.lines.length} lines ${open === 1 ? "is" : "are"} open.`}
      </p>
      <GateLines
        lines={gate.lines}
        toolsOf={(line) => (
          <>
            {line.key === "rollback" && line.state === "open" && may("promote") && (
              <button
                type="button"
                disabled={busy}
                onClick={() => close(() => api.confirmFirstRelease(workflow.id))}
              >
                Confirm the first release
              </button>
            )}
            {line.key.endsWith("-scenario") && line.state === "open" && may("edit") && (
              <Link className="button" to={`workflows/${workflow.id}/?show=scenarios`}>
                Write one
              </Link>
            )}
          </>
        )}
      >
        {(line) =>
          line.key === "four-eyes" &&
          line.state !== "not_needed" && (
            <ConsentPart workflow={workflow} gate={gate} busy={busy} close={close} />
          )
        }
      </GateLines>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <p className="actions gate-tools">
        {may("run_test") && (
          <button type="button" disabled={busy} onClick={() => close(() => api.checkGate(workflow.id))}>
            Run the scenarios and check again
          </button>
        )}
        {gate.mode === "simulate" && may("promote") && (
          <button
            type="button"
            className="primary"
            disabled={busy || !gate.green}
            onClick={() => setAsked("promote")}
          >
            Promote to execute…
          </button>
        )}
        {gate.mode === "simulate" && gate.may_break_glass && !gate.green && (
          <button type="button" className="danger" disabled={busy} onClick={() => setAsked("break_glass")}>
            Promote past the gate…
          </button>
        )}
        {gate.mode === "execute" && may("promote") && (
          <button type="button" disabled={busy} onClick={() => setAsked("demote")}>
            Back to simulate…
          </button>
        )}
      </p>
      {gate.mode === "simulate" && !may("promote") && (
        <p className="note">
          You lack the right “promote” on it. {workflow.owner ?? "An admin"} can share it with you.
        </p>
      )}
      {asked !== null && <ReasonDialog {...WORDS[asked]} onDone={onReason} onClose={() => setAsked(null)} />}
    </>
  );
}
