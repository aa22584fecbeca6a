import { describe, expect, it } from "vitest";
import answersOfAll from "../../../tests/graphs/world/answers.json";
import listedWorld from "../../../tests/graphs/world/catalogue.json";
import kinds from "../../../tests/graphs/world/kinds.json";
import type { Catalog, JsonSchema } from "../api/catalogTypes";
import type { Field, Module } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { branchesOf } from "./branches";
import type { GraphDocument } from "./document";
import { SERVER_ONLY, validate, type World, worldOf } from "./validation";

interface Case {
  document: unknown;
  problems: { code: string; path: string; node?: string; severity?: string }[];
}

const FILES = import.meta.glob<Case>(["../../../tests/graphs/*.json", "../../../tests/graphs/kinds/*.json"], {
  eager: true,
  import: "default",
});
const cases = Object.entries(FILES).map(
  ([path, found]) => [path.replace("../../../tests/graphs/", "").replace(".json", ""), found] as const,
);
const answers = answersOfAll as Record<string, { problems: Problem[]; branches: object }>;

const catalog = kinds as unknown as Catalog;
const modules: Module[] = Object.entries(listedWorld.modules).map(([key, module]) => ({
  kind: "stored",
  title_field: "",
  team: "",
  zone: "UTC",
  ...module,
  key,
  fields: module.fields as Field[],
  transitions: { ...module.transitions },
}));
const policies = Object.keys(listedWorld.policies);
const real = worldOf(catalog, modules, policies);
/** With the kinds that the cases outside of kinds/ are about. */
const small = worldOf(
  {
    ...catalog,
    triggers: kindsOf("trigger", listedWorld.triggers).map((kind) => ({
      ...kind,
      source_kind: "record",
      brings_record: true,
    })),
    actions: kindsOf("action", listedWorld.actions).map((kind) => ({
      ...kind,
      risk: "low",
      permission: "",
      undo: "none",
      retry_safe: true,
      minor: false,
    })),
  },
  modules,
  policies,
);

function kindsOf(family: string, schemas: object): Catalog["conditions"] {
  return Object.entries(schemas).map(([key, schema]: [string, JsonSchema]) => ({
    type: `${family}.${key}`,
    label: key,
    description: "",
    config_schema: schema,
  }));
}

function worldFor(name: string): World {
  return name.startsWith("kinds/") ? real : small;
}

describe("the editor and the server", () => {
  it.each(cases)("say the same of %s", (name, { document }) => {
    const expected = answers[name]?.problems.filter(({ code }) => !SERVER_ONLY.includes(code));
    expect(validate(document, worldFor(name))).toEqual(expected);
  });

  it.each(cases)("find in %s nothing that the case does not name", (name, found) => {
    const named = found.problems.map(({ code, path, node = "" }) => `${code} ${path} ${node}`);
    const said = validate(found.document, worldFor(name));
    const strange = said.map(({ code, path, node }) => `${code} ${path} ${node}`);
    expect(strange.filter((text) => !named.includes(text))).toEqual([]);
  });

  it.each(cases)("know the same ways out of the nodes of %s", (name, { document }) => {
    const ways = Object.entries(answers[name]?.branches ?? {});
    const nodes = ways.length > 0 ? (document as GraphDocument).nodes : [];
    expect(nodes.map((node) => [node.id, branchesOf(node)])).toEqual(ways);
  });

  it("share every code but those that are left to the server", () => {
    const told = new Set(cases.flatMap(([, { problems }]) => problems.map(({ code }) => code)));
    told.delete("repeated-event"); // of the trigger in fakes.py
    const said = new Set(
      cases.flatMap(([name, { document }]) => validate(document, worldFor(name)).map(({ code }) => code)),
    );
    expect([...SERVER_ONLY].sort()).toEqual([...told].filter((code) => !said.has(code)).sort());
  });
});

describe("limits", () => {
  const trigger = {
    id: "t1",
    type: "trigger.record",
    config: { module: "tickets", on: ["created"], filter: { field: "priority", op: "eq", value: "low" } },
  };
  const line = (count: number, config: unknown): GraphDocument => ({
    nodes: [
      trigger,
      ...Array.from({ length: count }, (_, index) => ({
        id: `a${index}`,
        type: index % 2 ? "action.comment" : "condition.if",
        config: index % 2 ? { text: "Hello" } : { rule: config },
      })),
    ],
    edges: Array.from({ length: count }, (_, index) => ({
      from: index === 0 ? "t1" : `a${index - 1}`,
      to: `a${index}`,
      ...(index % 2 ? { branch: "true" } : {}),
    })),
  });
  const rule = {
    all: ["low", "high", "urgent"].map((value) => ({ field: "priority", op: "ne", value })),
  };

  it("judge a document of 200 nodes in a moment", () => {
    const document = line(200, rule);
    expect(validate(document, real)).toEqual([]);
    const took = Array.from({ length: 20 }, () => {
      const start = performance.now();
      validate(document, real);
      return performance.now() - start;
    });
    expect(Math.min(...took)).toBeLessThan(100); // about 2 where nothing else runs
  });

  it("tell at most 200 problems, the last one how many are left", () => {
    const found = validate(line(450, { field: "nothing" }), real);
    expect(found).toHaveLength(200);
    expect(found.at(-1)).toMatchObject({
      code: "more-problems",
      message: "26 more problems are not shown.",
    });
    const many = Array.from({ length: 900 }, () => ({ field: "nothing" }));
    const most = validate(line(20, { all: many.slice(0, 200) }), real);
    expect(most.at(-1)?.message).toBe("At least 201 more problems are not shown.");
  });

  it("refuse what is too large without walking it", () => {
    const codes = (document: unknown): string[] => validate(document, real).map(({ code }) => code);
    const { nodes, edges } = line(1000, rule);
    expect(codes({ nodes, edges: [] })).toEqual(["too-many-nodes"]);
    expect(codes({ nodes: [], edges: Array.from({ length: 5001 }, () => edges[0]) })).toEqual([
      "too-many-edges",
    ]);
    const list = (count: number): number[] => Array.from({ length: count }, () => 1);
    const holding = (count: number, values: number): unknown => ({
      nodes: list(count).map((_, index) => ({
        ...trigger,
        id: `t${index}`,
        config: { values: list(values) },
      })),
    });
    expect(codes(holding(1, 20_000))).toEqual(["config-too-large"]);
    expect(codes(holding(6, 19_000))).toEqual(["document-too-large"]);
  });

  it("take a name that every object has for no setting and no field", () => {
    const config = { rule: { field: "constructor", op: "toString" }, hasOwnProperty: 1 };
    const found = validate({ nodes: [trigger, { id: "c1", type: "condition.if", config }] }, real);
    expect(found.map(({ code }) => code)).toEqual(["unknown-config", "unreachable-node"]);
    const sound = { nodes: [{ ...trigger, config: { ...trigger.config, filter: config.rule } }] };
    expect(validate(sound, real).map(({ code }) => code)).toEqual(["unknown-field"]);
  });
});
