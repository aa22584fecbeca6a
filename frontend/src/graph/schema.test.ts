import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../api/catalogTypes";
import { checkConfig } from "./schema";

/** What the settings of kinds on offer don't use; the rest is held to the server's word by the shared cases. */
const channel: JsonSchema = {
  oneOf: [
    {
      title: "Mail",
      type: "object",
      properties: { kind: { const: "mail" }, to: { type: "string" } },
      required: ["kind", "to"],
    },
    { title: "Chat", type: "object", properties: { kind: { const: "chat" } }, required: ["kind"] },
    { type: "string" },
  ],
};

describe("settings of several forms", () => {
  const brief = (value: unknown): string[] =>
    checkConfig(value, channel, "config.via").map(({ code, path }) => `${code} ${path}`);

  it("fit when one of the forms does", () => {
    expect(brief({ kind: "mail", to: "x" })).toEqual([]);
    expect(brief("x")).toEqual([]);
  });

  it("are blamed for the form that their constants name", () => {
    expect(brief({ kind: "mail" })).toEqual(["missing-config config.via.to"]);
    expect(brief({ kind: "mail", to: 1 })).toEqual(["wrong-config-type config.via.to"]);
  });

  it("have none of the forms where nothing says which was meant", () => {
    const [found] = checkConfig({ kind: "fax" }, channel, "config.via", "a1");
    expect(found).toEqual({
      code: "config-fits-no-form",
      path: "config.via",
      node: "a1",
      message: "“via” has none of the allowed forms.",
      hint: "Choose one of “Mail”, “Chat”, “string”.",
      severity: "error",
    });
    expect(brief(7)).toEqual(["config-fits-no-form config.via"]);
  });
});

describe("a schema", () => {
  it("counts what an object holds", () => {
    const schema: JsonSchema = { type: "object", minProperties: 2 };
    expect(checkConfig({ a: 1 }, schema, "config")[0]?.message).toBe("“config” needs at least 2 values.");
    expect(checkConfig({ a: 1, b: 1 }, schema, "config")).toEqual([]);
  });

  it("tells true from 1, and whole numbers from others", () => {
    expect(checkConfig(true, { const: 1 }, "config.n")).toHaveLength(1);
    expect(checkConfig(1.5, { type: "integer" }, "config.n")[0]?.message).toBe(
      "“n” must be a whole number, not a number.",
    );
    expect(checkConfig(1, { type: "number", minimum: 0.5 }, "config.n")).toEqual([]);
  });

  it("takes a setting that is undefined for one that is left out", () => {
    const schema: JsonSchema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const found = checkConfig({ a: undefined, b: undefined }, schema, "config");
    expect(found.map(({ code }) => code)).toEqual(["missing-config"]);
  });

  it("leaves to the server what it doesn't understand", () => {
    const schema = { type: "string", pattern: "^x$" } as JsonSchema;
    expect(checkConfig("y", schema, "config.a")).toEqual([]);
  });
});
