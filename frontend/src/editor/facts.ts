/** What the forms of one step may name: fields, people, workflows, and the data that reaches the step. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { DataRecord, Field } from "../api/types";
import { useSite } from "../app/context";
import { type Explanation, explanationOf, type FormFacts } from "../forms/facts";
import { wouldMakeCycle } from "../graph/branches";
import type { Drawing } from "../graph/document";
import { recordOf } from "./sample";
import { useEditor, useSlice } from "./store";
import { moduleOf, nameOf, useWorld, type World } from "./world";

export function useFacts(nodeId: string): FormFacts {
  const { api } = useSite();
  const world = useWorld();
  const { store } = useEditor();
  const drawing = useSlice((state) => state.history.drawing);
  const sampleKey = useSlice((state) => recordOf(state.sample)) || null;
  const module = moduleOf(drawing, world.modules);
  const sample = useSample(module?.key ?? null, sampleKey);
  const explain = useCallback(
    async (rule: unknown): Promise<Explanation> => {
      return explanationOf(await api.explain(module?.key ?? "", rule, sampleKey));
    },
    [api, module?.key, sampleKey],
  );
  const read = useCallback(
    (text: string) => api.previewText(module?.key ?? "", text, sampleKey ?? ""),
    [api, module?.key, sampleKey],
  );
  // Only what edges and variables say is read of the drawing.
  const references = useMemo(
    () => referencesOf(drawing, nodeId, module?.fields ?? [], sample?.values ?? null, world.kinds),
    [drawing, nodeId, module, sample, world.kinds],
  );
  return useMemo(
    () => ({
      catalog: world.catalog,
      modules: world.modules,
      module,
      policies: world.policies
        .filter((policy) => policy.module === module?.key && policy.rights.includes("use"))
        .map(({ key, name }) => ({ key, name })),
      workflows: world.workflows.map(({ key, name }) => ({ key, name })),
      sources: world.sources,
      people: world.people.people,
      groups: world.people.groups,
      zones: Intl.supportedValuesOf("timeZone"),
      references,
      sample: sample?.values ?? null,
      ...(module === null || world.readOnly || !world.mayMakePolicies
        ? {}
        : { extract: (rule: unknown) => store.setState({ extracting: rule }) }),
      ...(module === null ? {} : { explain }),
      ...(module === null || sampleKey === null ? {} : { read }),
    }),
    [world, module, references, sample, sampleKey, explain, read, store],
  );
}

function useSample(module: string | null, key: string | null): DataRecord | null {
  const { api } = useSite();
  const [row, setRow] = useState<DataRecord | null>(null);
  useEffect(() => {
    setRow(null);
    if (module === null || key === null) return;
    const leaving = new AbortController();
    api.record(module, key, leaving.signal).then(setRow, () => undefined); // gone: previews show none
    return () => leaving.abort();
  }, [api, module, key]);
  return row;
}

/** Paths that a template of a step may name: the record, the event, and variables that are set before it. */
export function referencesOf(
  drawing: Drawing,
  nodeId: string,
  fields: readonly Field[],
  sample: Record<string, unknown> | null,
  kinds: World["kinds"],
): FormFacts["references"] {
  const ofRecord = fields.map((field) => ({
    path: `record.${field.key}`,
    label: field.label ?? field.key,
    type: field.type,
    ...(sample !== null && field.key in sample ? { sample: sample[field.key] } : {}),
  }));
  const before = drawing.nodes.filter(
    (node) => node.id !== nodeId && wouldMakeCycle(drawing, nodeId, node.id),
  );
  const variables = before.flatMap((node) => {
    const values = node.type === "action.set_variable" ? node.config?.values : undefined;
    if (typeof values !== "object" || values === null) return [];
    return Object.keys(values).map((name) => ({
      path: `variables.${name}`,
      label: `Variable ${name}`,
      type: "any",
    }));
  });
  const outputs = before
    .filter((node) => node.type.startsWith("action."))
    .map((node) => ({
      path: `steps.${node.id}.output`,
      label: `What ${nameOf(node, kinds)} gave`,
      type: "any",
    }));
  return [
    ...ofRecord,
    { path: "event.record", label: "Key of the record", type: "text" },
    { path: "event.type", label: "Type of the event", type: "text" },
    { path: "event.actor", label: "Whoever made the event", type: "user" },
    { path: "event.data", label: "Data of the event", type: "json" },
    { path: "now", label: "Now", type: "datetime" },
    ...variables,
    ...outputs,
  ];
}
