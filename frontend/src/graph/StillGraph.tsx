import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Step, Traffic } from "../api/runTypes";
import { StepMark } from "../ui/chips";
import { duration } from "../ui/format";
import { CHANGE_SIGNS, type NodeMark, type Overlay, type Stop, settingText } from "./difference";
import { type GraphDocument, LOOK_SIGNS } from "./document";
import { NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { type Box, type Line, type Still, stillOf } from "./still";
import "./graph.css";

const NO_STEPS: Step[] = [];
const MARGIN = 16;
const LEAST_READABLE = 0.5;

interface Difference {
  overlay: Overlay;
  /** The change that is looked at. */
  at: Stop | null;
}

interface Props {
  document: GraphDocument;
  steps?: Step[];
  /** With `steps`: until when the steps that have not ended took. */
  now?: number;
  selected: string;
  onSelect: (node: string) => void;
  /** What differs, of the document of `overlayOf`. */
  difference?: Difference;
  /** How many runs took each way, to stand on the lines; null where that is not known yet. */
  traffic?: Traffic | null;
}

/** A workflow to look at; with a run's steps, where that run is; with a difference, what was changed. */
export function StillGraph(props: Props) {
  const { document, steps = NO_STEPS, now = 0, selected, onSelect, difference, traffic = null } = props;
  const still = useMemo(
    () => stillOf(document, new Map(steps.map((step) => [step.node, step]))),
    [document, steps],
  );
  const frame = useRef<HTMLDivElement>(null);
  const [whole, setWhole] = useState(true);
  const scale = useScale(frame, still, whole);
  const looked = difference?.at?.nodes[0] ?? (selected || whereItIs(steps));

  useEffect(() => {
    const box = still.boxes.find(({ id }) => id === looked);
    if (box === undefined || frame.current === null) return;
    const { clientWidth, clientHeight } = frame.current;
    frame.current.scrollTo(
      (box.place.x + NODE_WIDTH / 2) * scale - clientWidth / 2,
      (box.place.y + NODE_HEIGHT / 2) * scale - clientHeight / 2,
    );
  }, [still, looked, scale]);

  const size = { width: still.width + 2 * MARGIN, height: still.height + 2 * MARGIN };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields.
    <div className="graph still" role="group" aria-label="Graph of the workflow">
      <div className="still-tools">
        <button type="button" aria-pressed={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Full size" : "Fit"}
        </button>
      </div>
      <div className="still-frame" ref={frame}>
        <div style={{ width: size.width * scale, height: size.height * scale }}>
          <div className="still-drawing" style={{ ...size, transform: `scale(${scale})` }}>
            <svg width={size.width} height={size.height} aria-hidden="true">
              {still.lines.map((line) => (
                <LineShape
                  key={line.id}
                  line={line}
                  difference={difference}
                  runs={traffic && runsAlong(line, traffic)}
                />
              ))}
            </svg>
            {still.boxes.map((box) => (
              <StepBox
                key={box.id}
                box={box}
                chosen={box.id === selected}
                mark={difference?.overlay.nodes.get(box.id)}
                compared={difference !== undefined}
                now={now}
                onSelect={onSelect}
              />
            ))}
          </div>
        </div>
      </div>
      {traffic !== null && <Ways still={still} traffic={traffic} />}
    </div>
  );
}

/** What stands on the lines, for those who don't see them. */
function Ways({ still, traffic }: { still: Still; traffic: Traffic }) {
  const titles = new Map(still.boxes.map((box) => [box.id, box.title]));
  return (
    <ul className="visually-hidden" aria-label={`Ways of the last ${traffic.runs} runs`}>
      {still.lines.map((line) => (
        <li key={line.id}>
          {`${titles.get(line.from)}, ${line.branch || "then"}: ${runsAlong(line, traffic)}`}
        </li>
      ))}
    </ul>
  );
}

function runsAlong(line: Line, traffic: Traffic): number {
  return traffic.ways.find((way) => way.node === line.from && way.branch === line.branch)?.runs ?? 0;
}

/** The step at which a run has come to stand, or that it is at. */
function whereItIs(steps: Step[]): string {
  const at = (status: Step["status"]) => steps.find((step) => step.status === status)?.node;
  return at("failed") ?? at("waiting") ?? at("running") ?? "";
}

/** How much smaller everything is drawn so that the whole is seen, as far as it can then still be read. */
function useScale(frame: React.RefObject<HTMLDivElement | null>, still: Still, whole: boolean): number {
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  if (!whole || room.width === 0) return 1;
  const fits = Math.min(room.width / (still.width + 2 * MARGIN), room.height / (still.height + 2 * MARGIN));
  return Math.max(LEAST_READABLE, Math.min(1, fits));
}

interface LineProps {
  line: Line;
  difference: Difference | undefined;
  runs: number | null;
}

function LineShape({ line, difference, runs }: LineProps) {
  const kind = difference?.overlay.edges.get(line.id);
  const names = ["still-line"];
  if (line.taken) names.push("taken");
  if (difference !== undefined) names.push(`is-${kind ?? "same"}`);
  if (difference?.at?.edge === line.id) names.push("is-looked-at");
  const words = [kind === undefined ? "" : CHANGE_SIGNS[kind], line.branch, runs ?? ""]
    .filter((word) => word !== "")
    .join(" ");
  return (
    <g className={names.join(" ")} transform={`translate(${MARGIN} ${MARGIN})`}>
      <path d={line.path} />
      {words !== "" && (
        <text x={line.middle.x} y={line.middle.y - 4}>
          {words}
        </text>
      )}
    </g>
  );
}

interface BoxProps {
  box: Box;
  chosen: boolean;
  mark: NodeMark | undefined;
  compared: boolean;
  now: number;
  onSelect: (node: string) => void;
}

function StepBox({ box, chosen, mark, compared, now, onSelect }: BoxProps) {
  const { step } = box;
  const setting = mark?.settings[0];
  const state = compared ? (mark?.kind ?? "same") : (step?.status ?? "untouched");
  const said = mark !== undefined && mark.was !== null && mark.kind !== "renamed" ? "renamed and " : "";
  return (
    <button
      type="button"
      className={`still-node is-${state}`}
      style={{
        left: box.place.x + MARGIN,
        top: box.place.y + MARGIN,
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
      }}
      data-node={box.id}
      aria-pressed={chosen}
      disabled={compared && mark === undefined}
      onClick={() => onSelect(box.id)}
    >
      <span className={`step step-${box.look}`}>
        <span className="step-title">
          <span aria-hidden="true">{LOOK_SIGNS[box.look]}</span>{" "}
          <Unseen>
            {mark !== undefined && `${said}${mark.kind}, `}
            {box.family}:{" "}
          </Unseen>
          {mark?.was && (
            <>
              <del>{mark.was}</del> →{" "}
            </>
          )}
          {box.title}
          <Unseen>, </Unseen>
        </span>
        <span className="step-kind">
          {setting === undefined ? (
            <span className="step-name">{box.kind}</span>
          ) : (
            <span className="step-setting">
              {mark !== undefined && mark.settings.length > 1 && `1 of ${mark.settings.length}: `}
              {setting.name} <del>{settingText(setting.before)}</del> → {settingText(setting.after)}
            </span>
          )}
          {step !== null && (
            <>
              <Unseen>, </Unseen>
              <span>
                <StepMark step={step} />
                {step.started_at !== null && step.kept_from === null && (
                  <span className="step-took" aria-hidden="true">
                    {duration(step.started_at, step.finished_at, now)}
                  </span>
                )}
              </span>
            </>
          )}
        </span>
        {mark !== undefined && (
          <span className="step-mark" aria-hidden="true">
            {CHANGE_SIGNS[mark.kind]}
          </span>
        )}
      </span>
    </button>
  );
}

function Unseen({ children }: { children: React.ReactNode }) {
  return <span className="visually-hidden">{children}</span>;
}
