/** Values, settings and shapes one by one, as the server judged them: `tests/architecture/browser_values.py`. */

import { describe, expect, it } from "vitest";
import kinds from "../../../tests/graphs/world/kinds.json";
import judged from "../../../tests/graphs/world/values.json";
import type { Catalog, JsonSchema } from "../api/catalogTypes";
import type { Field } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { ruleProblems } from "./rules";
import { checkConfig } from "./schema";
import { ruleWorld, SERVER_ONLY, worldOf } from "./validation";
import { readDocument } from "./validationParse";

const world = worldOf(kinds as unknown as Catalog, [], []);
const full = ruleWorld(world, judged.fields as Field[], new Set(judged.policies));
const bare = ruleWorld(world, [], new Set());
const own = (problems: readonly object[]) =>
  (problems as readonly Problem[]).filter(({ code }) => !SERVER_ONLY.includes(code));
const name = (value: unknown) => JSON.stringify(value).slice(0, 90);

describe("the editor and the server", () => {
  it.each(judged.rules.map((one) => [name(one.rule), one] as const))("say the same of %s", (_, one) => {
    expect(ruleProblems(one.rule, "rule", full)).toEqual(own(one.problems));
  });

  it.each(judged.without_fields.map((one) => [name(one.rule), one] as const))(
    "say the same of %s where there is no field",
    (_, one) => {
      expect(ruleProblems(one.rule, "", bare)).toEqual(own(one.problems));
    },
  );

  it.each(judged.settings.map((one) => [name(one), one] as const))("say the same of %s", (_, one) => {
    expect(checkConfig(one.value, one.schema as JsonSchema, "config")).toEqual(own(one.problems));
  });

  it.each(judged.documents.map((one) => [name(one.document), one] as const))(
    "say the same of %s",
    (_, one) => {
      const read = readDocument(one.document, world.limits);
      expect(Array.isArray(read) ? read : []).toEqual(own(one.problems));
    },
  );
});
