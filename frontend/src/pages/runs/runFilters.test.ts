import { describe, expect, it } from "vitest";
import { redriveOf, runsAddress, setFilters, spansOf, startOf } from "./runFilters";

describe("runsAddress", () => {
  it("asks for everything without filters", () => {
    expect(runsAddress({})).toBe("runs/");
  });

  it("names each filter as the API does", () => {
    expect(runsAddress({ status: "failed", module: "tickets", record: "T 1" }, 4)).toBe(
      "runs/?workflow=4&status=failed&module=tickets&record=T+1",
    );
  });

  it("takes the last day whole", () => {
    const search = new URLSearchParams(runsAddress({ from: "2026-11-20", to: "2026-11-20" }).slice(6));
    const [from, to] = ["created_after", "created_before"].map((name) => Date.parse(search.get(name) ?? ""));
    expect((Number(to) - Number(from)) / 3_600_000).toBe(24);
    expect(new Date(Number(from)).getHours()).toBe(0);
  });

  it("leaves out what is no day", () => {
    expect(startOf("2026-13-45")).toBeUndefined();
    expect(startOf("yesterday")).toBeUndefined();
    expect(startOf("")).toBeUndefined();
  });
});

it("tells which filters are set", () => {
  expect(setFilters({ status: "failed", mode: "" })).toEqual([{ name: "status", label: "Status: failed" }]);
});

it.each([
  [[], ""],
  [[7], "7"],
  [[7, 8, 9], "7-9"],
  [[9, 7, 8, 12, 14, 13, 20], "7-9,12-14,20"],
])("%j are %s", (events, spans) => {
  expect(spansOf(events)).toBe(spans);
});

it("gives a redrive the filters that are set, and nothing else", () => {
  expect(redriveOf({ status: "failed", version: "3", record: "", from: "x" }, 4)).toEqual({
    workflow: 4,
    status: "failed",
    run_version: 3,
  });
});
