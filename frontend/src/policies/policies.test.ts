import { describe, expect, test } from "vitest";
import { keyFrom } from "./keys";
import { ruleText } from "./ruleText";

describe("keyFrom", () => {
  test.each([
    ["Large order!", "large-order"],
    ["  VIP – Köln 2 ", "vip-koln-2"],
    ["!!!", ""],
    ["a".repeat(90), "a".repeat(80)],
  ])("%s", (name, key) => expect(keyFrom(name)).toBe(key));
});

describe("ruleText", () => {
  const amount = { field: "amount", op: "gt", value: "100" };
  const region = { field: "region", op: "in", value: ["EU", "US"] };
  test.each([
    [amount, "amount > 100"],
    [{ all: [amount] }, "amount > 100"],
    [
      { all: [amount, { any: [region, { policy: "vip" }] }] },
      "amount > 100 and (region is one of EU, US or policy vip)",
    ],
    [{ not: { field: "title", op: "is_empty" } }, "not (title is empty)"],
    [{ field: "due", op: "lt", value: { ref: "record.start" } }, "due < record.start"],
    [5, ""],
  ])("%j", (rule, text) => expect(ruleText(rule)).toBe(text));
});
