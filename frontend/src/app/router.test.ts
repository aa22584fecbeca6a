import { expect, it } from "vitest";
import { routeOf } from "./router";

it.each([
  ["/", "/", { page: "workflows" }],
  ["/workflows/4/", "/", { page: "workflow", id: 4 }],
  ["/runs/311/", "/", { page: "run", id: 311 }],
  ["/tools/runs/311/", "/tools/", { page: "run", id: 311 }],
  ["/runs/x/", "/", { page: "unknown" }],
  ["/runs/1/more/", "/", { page: "unknown" }],
  ["/elsewhere/", "/tools/", { page: "unknown" }],
])("%s below %s", (pathname, home, route) => {
  expect(routeOf(pathname, home)).toEqual(route);
});
