import { expect, it } from "vitest";
import { currentOf } from "./useHeader";

const LINKS = ["/tools/", "/tools/workflows/", "/tools/runs/", "/admin/"];

it.each([
  ["/tools/", "/tools/"],
  ["/tools/workflows/", "/tools/workflows/"],
  ["/tools/workflows/4/runs/", "/tools/workflows/"],
  ["/tools/runs/7/", "/tools/runs/"],
  ["/tools/accounts/", undefined],
])("at %s the link to %s is the current one", (pathname, link) => {
  expect(currentOf(LINKS, pathname, "/tools/")).toBe(link);
});
