import { describe, expect, it } from "vitest";
import answersOfAll from "../../../tests/graphs/world/answers.json";
import listedWorld from "../../../tests/graphs/world/catalogue.json";
import kinds from "../../../tests/graphs/world/kinds.json";
import type { Catalog, Field, JsonSchema, Module, Problem } from "../api/types";
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
const answers = answersOfAll as Record<string, Problem[]>;

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
    const expected = answers[name]?.filter(({ code }) => !SERVER_ONLY.includes(code));
    expect(validate(document, worldFor(name))).toEqual(expected);
  });

  it.each(cases)("find in %s nothing that the case does not name", (name, found) => {
    const named = found.problems.map(({ code, path, node = "" }) => `${code} ${path} ${node}`);
    const said = validate(found.document, worldFor(name));
    const strange = said.map(({ code, path, node }) => `${code} ${path} ${node}`);
    expect(strange.filter((text) => !named.includes(text))).toEqual([]);
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
