import { useLayoutEffect, useMemo, useRef } from "react";
import { SchemaForm } from "../forms/SchemaForm";
import { canBeDisabled } from "../graph/branches";
import { familyOf, type GraphNode, readingOrder } from "../graph/document";
import { nodeOf } from "../graph/operations";
import { useFacts } from "./facts";
import { worded } from "./findings";
import { useActions, useSlice } from "./store";
import { TestedStep } from "./TestedStep";
import { WaysOut } from "./WaysOut";
import { nameOf, useWorld } from "./world";

export const INSPECTOR = "inspector";

/** The chosen step: its name, its team, its settings, where it leads. */
export function Inspector() {
  const drawing = useSlice((state) => state.history.drawing);
  const selected = useSlice((state) => state.selected);
  const id = selected.length === 1 ? selected[0] : undefined;
  const node = id === undefined ? undefined : nodeOf(drawing, id);
  const panel = useRef<HTMLElement>(null);
  // Another step is read from its name on, however far down the one before was read.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is about the step that is chosen.
  useLayoutEffect(() => {
    panel.current?.scrollTo(0, 0); // new browsers answer a promise, which is no clean-up
  }, [id]);
  return (
    <aside className="inspector" aria-label="Settings of the chosen step" id={INSPECTOR} ref={panel}>
      {node === undefined ? (
        <p className="note">
          {selected.length > 1
            ? `${selected.length} steps are chosen. Delete, copy or move them together.`
            : "Choose a step to see its settings."}
        </p>
      ) : (
        <Settings key={node.id} node={node} />
      )}
    </aside>
  );
}

function Settings({ node }: { node: GraphNode }) {
  const actions = useActions();
  const { kinds, catalog, readOnly } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const findings = useSlice((state) => state.findings);
  const order = useMemo(() => readingOrder(drawing), [drawing]);
  const facts = useFacts(node.id);
  const kind = kinds.get(node.type);
  const found = useMemo(
    () =>
      findings
        .filter((finding) => finding.node === node.id)
        .map((finding) => worded(finding, nameOf(node, kinds), kind?.config_schema))
        .map((finding) => ({ ...finding, path: finding.field })),
    [findings, node, kinds, kind],
  );
  const lanes = [...new Set(drawing.nodes.map((one) => one.lane).filter(Boolean))];
  const { retry, ...config } = node.config ?? {};
  const idPrefix = `field-${node.id}-`;
  const own = `step-${node.id}-`; // a setting of the kind may have the same name
  return (
    <>
      <div className="inspector-head">
        <p className="inspector-kind">{kind?.label ?? node.type}</p>
        {(node.disabled === true || canBeDisabled(node)) && (
          <button
            type="button"
            role="switch"
            className="switch"
            aria-checked={node.disabled === true}
            title="A run goes through a disabled step as if it were not there."
            disabled={readOnly}
            onClick={() => actions.toggleDisabled([node.id])}
          >
            Disabled
          </button>
        )}
      </div>
      {kind !== undefined && <p className="note">{kind.description}</p>}
      <div className="inspector-row">
        <label htmlFor={`${own}title`}>Name</label>
        <input
          id={`${own}title`}
          maxLength={200}
          value={node.title ?? ""}
          placeholder={kind?.label ?? node.type}
          readOnly={readOnly}
          onChange={(event) => actions.rename(node.id, event.target.value)}
        />
      </div>
      <div className="inspector-row">
        <label htmlFor={`${own}lane`}>Owner team</label>
        <input
          id={`${own}lane`}
          list={`${own}lanes`}
          maxLength={80}
          value={node.lane ?? ""}
          readOnly={readOnly}
          onChange={(event) => actions.setLane([node.id], event.target.value)}
        />
        <datalist id={`${own}lanes`}>
          {lanes.map((lane) => (
            <option key={lane} value={lane} />
          ))}
        </datalist>
      </div>
      {found
        .filter((finding) => finding.path === "")
        .map((finding) => (
          <p key={finding.code} className="finding">
            ⚠ {finding.message} {finding.hint}
          </p>
        ))}
      {kind !== undefined && (
        <SchemaForm
          schema={kind.config_schema}
          value={config}
          problems={found.filter((finding) => finding.path !== "")}
          onChange={(next, field) =>
            actions.configure(node.id, retry === undefined ? next : { ...next, retry }, field)
          }
          facts={facts}
          idPrefix={idPrefix}
          readOnly={readOnly}
        />
      )}
      {familyOf(node) === "action" && (
        <details className="inspector-more" open={retry !== undefined}>
          <summary>Retry</summary>
          <SchemaForm
            schema={catalog.retry_schema}
            value={isObject(retry) ? retry : {}}
            problems={found
              .filter((finding) => finding.path.startsWith("retry."))
              .map((finding) => ({ ...finding, path: finding.path.slice("retry.".length) }))}
            onChange={(next, field) => {
              const wanted = Object.keys(next).length === 0 ? config : { ...config, retry: next };
              actions.configure(node.id, wanted, `retry.${field}`);
            }}
            facts={facts}
            idPrefix={`${idPrefix}retry.`}
            readOnly={readOnly}
          />
        </details>
      )}
      <TestedStep node={node.id} />
      <section aria-label="Where it leads" className="inspector-more">
        <h3>Leads to</h3>
        <WaysOut node={node} order={order} />
      </section>
      <p className="note">
        Id <code>{node.id}</code>
      </p>
    </>
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
