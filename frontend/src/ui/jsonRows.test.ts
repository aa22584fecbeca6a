import { describe, expect, it } from "vitest";
import { FIRST_PART, jsonRows } from "./jsonRows";

const open = () => true;
const value = { user: "7", count: 7, tags: ["a", { b: null }], none: {}, ok: true };

describe("rows of a JSON tree", () => {
  it("are named as templates name them", () => {
    expect(jsonRows(value, "steps.a1.output", open).map((row) => row.path)).toEqual([
      "steps.a1.output",
      "steps.a1.output.user",
      "steps.a1.output.count",
      "steps.a1.output.tags",
      "steps.a1.output.tags.0",
      "steps.a1.output.tags.1",
      "steps.a1.output.tags.1.b",
      "steps.a1.output.none",
      "steps.a1.output.ok",
    ]);
  });

  it("tell the text “7” from the number 7 and null, also without colour", () => {
    const texts = new Map(jsonRows(value, "event", open).map((row) => [row.path, row.text]));
    expect(texts.get("event.user")).toBe('"7"');
    expect(texts.get("event.count")).toBe("7");
    expect(texts.get("event.tags.1.b")).toBe("null");
    expect(texts.get("event.none")).toBe("{}");
  });

  it("leave out what is inside a closed part, and say how much it is", () => {
    const rows = jsonRows(value, "event", (_, level) => level === 1);
    expect(rows.map((row) => row.name)).toEqual(["event", "user", "count", "tags", "none", "ok"]);
    expect(rows[3]).toMatchObject({ text: "[2 items]", open: false, kind: "list" });
    expect(rows[4]?.open).toBeNull();
  });

  it("give a long list in two parts", () => {
    const long = Array.from({ length: FIRST_PART + 3 }, (_, place) => place);
    const first = jsonRows(long, "x", (path) => path === "x");
    expect(first).toHaveLength(1 + FIRST_PART + 1);
    expect(first.at(-1)).toMatchObject({ kind: "more", text: "3 more" });
    const all = jsonRows(long, "x", (path) => path === "x" || path === first.at(-1)?.path);
    expect(all.at(-1)).toMatchObject({ path: `x.${FIRST_PART + 2}`, kind: "number" });
  });
});
