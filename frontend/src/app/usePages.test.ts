import { describe, expect, it } from "vitest";
import { cursorOf } from "../api/client";
import type { Page } from "../api/types";
import { mergeNewest } from "./usePages";

const page = (ids: number[], next: string | null = null): Page<{ id: number }> => ({
  next,
  results: ids.map((id) => ({ id })),
});

describe("mergeNewest", () => {
  it("puts new rows on top and keeps the older pages", () => {
    expect(mergeNewest(page([9, 8, 7, 6], "a"), page([10, 9, 8], "b"))).toEqual(page([10, 9, 8, 7, 6], "a"));
  });

  it("lets go of rows that the filters no longer select", () => {
    expect(mergeNewest(page([9, 8, 7, 6], null), page([9, 7], "b"))).toEqual(page([9, 7, 6], null));
  });

  it("starts anew when more than a page has come since", () => {
    expect(mergeNewest(page([3, 2, 1], null), page([9, 8, 7], "b"))).toEqual(page([9, 8, 7], "b"));
  });

  it("is the newest page when there is only one", () => {
    expect(mergeNewest(page([3, 2], "a"), page([4, 2]))).toEqual(page([4, 2]));
    expect(mergeNewest(page([3, 2]), page([]))).toEqual(page([]));
  });

  it("goes on after the newest page when that covers all that was shown", () => {
    expect(mergeNewest(page([3, 2], "a"), page([4, 3, 2], "b"))).toEqual(page([4, 3, 2], "b"));
  });
});

it("finds the cursor of a next page", () => {
  expect(cursorOf("http://h/api/v1/runs/?cursor=Mzgy&limit=2")).toBe("Mzgy");
  expect(cursorOf(null)).toBe("");
});
