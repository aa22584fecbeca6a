/** What the forms of one step may name: fields, people, workflows, and the data that reaches the step. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { DataRecord, Field } from "../api/recordTypes";
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
  const eventId = useSlice((state) => (state.sample?.kind === "event" ? state.sample.id : null));
  const event = useSampleEvent(eventId);
  const module = moduleOf(drawing, world.modules);
  const sample = useSample(module?.key ?? null, sampleKey);
  const explain = useCallback(
    async (rule: unknown): Promise<Explanation> => {
      return explanationOf(await api.explain(module?.key ?? "", rule, sampleKey));
    },
    [api, module?.key, sampleKey],
  );
  const read = useCallback(
    (text: string) => api.previewText(module?.key ?? "", text, sampleKey ?? "", eventId ?? undefined),
    [api, module?.key, sampleKey, eventId],
  );
  // Only what edges and variables say is read of the drawing.
  const references = useMemo(
    () =>
      referencesOf(
        drawing,
        nodeId,
        module?.fields ?? [],
        {
          record: sample?.values ?? null,
          event: event ?? (sample && { record: sample.key, type: "manual" }),
        },
        world.kinds,
      ),
    [drawing, nodeId, module, sample, event, world.kinds],
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
      destinations: world.destinations,
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

/** What a sampled event holds; null without one, and where one may not see it. */
function useSampleEvent(id: number | null): Record<string, unknown> | null {
  const { api } = useSite();
  const [held, setHeld] = useState<Record<string, unknown> | null>(null);
  useEffect(() => {
    setHeld(null);
    if (id === null) return;
    const leaving = new AbortController();
    api.snapshot(id, leaving.signal).then(
      (found) => setHeld(found.value),
      () => undefined, // gone: its values show nowhere
    );
    return () => leaving.abort();
  }, [api, id]);
  return held;
}

/** Paths that a template of a step may name: the record, the event, variables that are set before it, and what the steps
 * before it gave; each with the sample's value, where the sample has one. */
export function referencesOf(
  drawing: Drawing,
  nodeId: string,
  fields: readonly Field[],
  sample: { record: Record<string, unknown> | null; event: Record<string, unknown> | null },
  kinds: World["kinds"],
): FormFacts["references"] {
  const ofRecord = fields.map((field) => ({
    path: `record.${field.key}`,
    label: field.label ?? field.key,
    type: field.type,
    ...(sample.record === null ? {} : { sample: sample.record[field.key] ?? null }),
  }));
  const ofEvent = (name: string, label: string, type: string) => ({
    path: `event.${name}`,
    label,
    type,
    ...(sample.event !== null && name in sample.event ? { sample: sample.event[name] } : {}),
  });
  const before = drawing.nodes.filter(
    (node) => node.id !== nodeId && wouldMakeCycle(drawing, nodeId, node.id),
  );
  const variables = before.flatMap((node) => {
    const values = node.type === "action.set_variable" ? node.config?.values : undefined;
    if (typeof values !== "object" || values === null) return [];
    return Object.entries(values).map(([name, value]) => ({
      path: `variables.${name}`,
      label: `Variable ${name}`,
      type: "any",
      // What is written out is known before anything runs.
      ...(isWrittenOut(value) ? { sample: value } : {}),
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
    ofEvent("record", "Key of the record", "text"),
    ofEvent("type", "Type of the event", "text"),
    ofEvent("actor", "Whoever made the event", "user"),
    ofEvent("data", "Data of the event", "json"),
    ...Object.keys(isPlain(sample.event?.data) ? sample.event.data : {}).map((name) => ({
      path: `event.data.${name}`,
      label: `${name}, of the event`,
      type: "json",
      sample: isPlain(sample.event?.data) ? sample.event.data[name] : undefined,
    })),
    { path: "now", label: "Now", type: "datetime" },
    ...variables,
    ...outputs,
  ];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is no text with data in it and no reference. */
function isWrittenOut(value: unknown): boolean {
  return typeof value === "string" ? value !== "" && !value.includes("{{") : !isPlain(value);
}
