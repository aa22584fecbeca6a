import { fieldIdOf } from "../forms/SchemaForm";
import { nodeOf } from "../graph/operations";
import { asksForPolicy, type Finding, mended, policyOf, proposalOf, valueAt, worded } from "./findings";
import { useEditor, useSlice } from "./store";
import { nameOf, useWorld } from "./world";

/** Every problem of the draft with the way to it and, where there is a clear one, the mending. */
export function Problems() {
  const findings = useSlice((state) => state.findings);
  const drawing = useSlice((state) => state.history.drawing);
  const { kinds, readOnly, mayMakePolicies } = useWorld();
  const { store, actions } = useEditor();
  const show = useShow();
  const fix = useFix();
  if (findings.length === 0) return <p className="note">No problems: this draft can be published.</p>;
  const groups: [string, Finding[]][] = [
    ["To finish before publishing", findings.filter((finding) => finding.severity === "error")],
    ["Worth a look", findings.filter((finding) => finding.severity === "warning")],
  ];
  return groups.map(
    ([title, found]) =>
      found.length > 0 && (
        <section key={title} aria-label={title}>
          <h3>{title}</h3>
          <ul className="findings">
            {found.map((finding) => {
              const node = nodeOf(drawing, finding.node);
              const mendable = !readOnly && node !== undefined && mended(node.config ?? {}, finding) !== null;
              const said =
                node === undefined
                  ? finding
                  : worded(finding, nameOf(node, kinds), kinds.get(node.type)?.config_schema);
              const policy = readOnly ? null : policyOf(finding);
              const rule = valueAt(node?.config, finding.field);
              return (
                <li key={`${finding.code} ${finding.path}`}>
                  <span aria-hidden="true">⚠</span> {said.message}{" "}
                  <span className="note">{finding.hint}</span>
                  {node !== undefined && (
                    <button type="button" className="as-link" onClick={() => show(finding)}>
                      {nameOf(node, kinds)}
                    </button>
                  )}
                  {policy !== null && (
                    <button type="button" onClick={() => actions.insertPolicy(rule, policy)}>
                      Use policy {policy}
                    </button>
                  )}
                  {!readOnly && mayMakePolicies && asksForPolicy(finding) && (
                    <button type="button" onClick={() => store.setState({ extracting: rule })}>
                      Extract policy…
                    </button>
                  )}
                  {mendable && (
                    <button type="button" onClick={() => fix(finding)}>
                      Use {proposalOf(finding)}
                    </button>
                  )}
                </li>
              );
            })}
          </ul>
        </section>
      ),
  );
}

/** Choose a finding's step and put the focus where the fault is. */
export function useShow(): (finding: Finding) => void {
  const { actions } = useEditor();
  return (finding) => {
    if (finding.node === "") return;
    actions.select([finding.node]);
    // The form is there once the choice was drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const prefix = `field-${finding.node}-`;
        const field = finding.field === "" ? null : document.getElementById(fieldIdOf(prefix, finding.field));
        const target = field ?? document.getElementById(`${prefix}title`);
        target?.scrollIntoView({ block: "nearest" });
        target?.focus();
      }),
    );
  };
}

function useFix(): (finding: Finding) => void {
  const { store, actions } = useEditor();
  return (finding) => {
    const node = nodeOf(store.getState().history.drawing, finding.node);
    const config = node === undefined ? null : mended(node.config ?? {}, finding);
    if (node === undefined || config === null) return;
    actions.configure(node.id, config, finding.field);
    actions.say(`${finding.message} Now “${proposalOf(finding)}”.`);
  };
}
