import { lazy, Suspense } from "react";
import { BreakerBanner } from "../alerts/BreakerBanner";
import type { Policy } from "../policies/types";
import { Link } from "../ui/Link";
import { OutsideBanner } from "../ui/OutsideBanner";
import { Heading } from "../ui/Page";
import { PolicyBanner } from "../ui/PolicyBanner";
import { WorkflowTabs } from "../ui/WorkflowHead";
import { type Autosave, readKept } from "./autosave";
import { useBench } from "./bench";
import { useEditorKeys, useGraphKeys } from "./benchKeys";
import Canvas from "./Canvas";
import { CheckpointDialog } from "./CheckpointDialog";
import { CheckpointsDialog } from "./CheckpointsDialog";
import { CommandDialog } from "./CommandDialog";
import { Conflict } from "./Conflict";
import { Drawer } from "./Drawer";
import { AddDialog, ConnectDialog } from "./dialogs";
import { EmptyCanvas } from "./EmptyCanvas";
import { ExtractDialog } from "./ExtractDialog";
import { Inspector } from "./Inspector";
import { Kept } from "./Kept";
import Keys from "./Keys";
import { Outline } from "./Outline";
import { Palette } from "./Palette";
import { PublishDialog } from "./PublishDialog";
import { People } from "./runs/People";
import { RunsMode } from "./runs/RunsMode";
import { useRunsMode } from "./runs/useRunsMode";
import { SampleBar } from "./SampleBar";
import { StepMenu } from "./StepMenu";
import { useEditor, useSlice } from "./store";
import { TeamDialog } from "./TeamDialog";
import { Toolbar } from "./Toolbar";
import { useView } from "./useView";
import { Views } from "./Views";
import { useWorld } from "./world";

const ShareDialog = lazy(() => import("../sharing/ShareDialog"));

interface Props {
  saver: Autosave | null;
  refresh: () => Promise<void>;
  addPolicy: (policy: Policy) => void;
}

/** The editor's frame: bar, the draft with all that changes it or its last runs, and the dialog that is open. */
export function Workbench({ saver, refresh, addPolicy }: Props) {
  const { actions } = useEditor();
  const { workflow } = useWorld();
  const { view } = useView();
  const adding = useSlice((state) => state.adding);
  const teamFor = useSlice((state) => state.teamFor);
  const extracting = useSlice((state) => state.extracting);
  const announced = useSlice((state) => state.announced);
  const empty = useSlice((state) => state.history.drawing.nodes.length === 0);
  const { on: watching } = useRunsMode();
  const bench = useBench(saver);
  const onGraphKey = useGraphKeys(bench);
  useEditorKeys(bench);
  const { dialog, setDialog } = bench;
  const close = () => setDialog(null);

  return (
    <div className="editor">
      <div className="editor-head">
        <p className="trail">
          <Link to="workflows/">Workflows</Link>
        </p>
        <Heading title={workflow.name}>
          <People />
        </Heading>
        <WorkflowTabs id={workflow.id} here="design" />
        <Toolbar bench={bench} />
      </div>
      <BreakerBanner workflow={workflow.id} breaker={workflow.breaker} rights={workflow.rights} />
      <PolicyBanner policies={workflow.mode_policies.filter((policy) => policy.rule === "simulate_only")} />
      <OutsideBanner id={workflow.id} changed={workflow.changed_outside} />
      {saver !== null && <Conflict saver={saver} />}
      {saver !== null && <Kept saver={saver} read={readKept} />}
      <div className="editor-views">
        <Views />
        {!watching && <SampleBar />}
      </div>
      {watching ? (
        <RunsMode onFix={bench.focusInspector} />
      ) : (
        <>
          <div className="editor-main">
            <Palette />
            <div className="editor-middle">
              {empty ? (
                <EmptyCanvas />
              ) : view === "graph" ? (
                <Canvas onKey={onGraphKey} onMenu={() => setDialog("step")} />
              ) : (
                <Outline />
              )}
            </div>
            <Inspector />
          </div>
          <Drawer bench={bench} />
        </>
      )}
      <p className="visually-hidden" aria-live="assertive">
        {announced}
      </p>
      {adding !== null && <AddDialog adding={adding} onAdded={bench.focusInspector} />}
      {teamFor !== null && <TeamDialog steps={teamFor} />}
      {extracting !== null && <ExtractDialog rule={extracting} onMade={addPolicy} />}
      {dialog === "step" && <StepMenu bench={bench} />}
      {dialog === "connect" && <ConnectDialog onClose={close} />}
      {dialog === "commands" && <CommandDialog bench={bench} />}
      {dialog === "keys" && <Keys onClose={close} />}
      {dialog === "checkpoint" && <CheckpointDialog bench={bench} />}
      {dialog === "checkpoints" && <CheckpointsDialog bench={bench} />}
      {dialog === "share" && (
        <Suspense>
          <ShareDialog thing={`workflows/${workflow.id}`} name={workflow.name} onClose={close} />
        </Suspense>
      )}
      {dialog === "publish" && (
        <PublishDialog
          onClose={close}
          onPublished={(version) => {
            actions.say(`Version ${version.number} is live in simulate.`);
            void refresh();
          }}
        />
      )}
    </div>
  );
}
