import { expect, it } from "vitest";
import { routeOf } from "./router";

it.each([
  ["/", "/", { page: "home" }],
  ["/workflows/", "/", { page: "workflows" }],
  ["/workflows/new/", "/", { page: "new-workflow" }],
  ["/workflows/4/", "/", { page: "workflow", id: 4 }],
  ["/workflows/4/runs/", "/", { page: "workflow-runs", id: 4 }],
  ["/workflows/4/versions/", "/", { page: "versions", id: 4 }],
  ["/workflows/4/settings/", "/", { page: "settings", id: 4 }],
  ["/mode-policies/", "/", { page: "mode-policies" }],
  ["/runs/", "/", { page: "runs" }],
  ["/runs/311/", "/", { page: "run", id: 311 }],
  ["/tools/runs/311/", "/tools/", { page: "run", id: 311 }],
  ["/audit/", "/", { page: "audit" }],
  ["/events/7/", "/", { page: "event", id: 7 }],
  ["/conditions/", "/", { page: "conditions" }],
  ["/conditions/new/", "/", { page: "new-condition" }],
  ["/tools/conditions/large-order/", "/tools/", { page: "condition", key: "large-order" }],
  ["/conditions/a/b/", "/", { page: "unknown" }],
  ["/records/", "/", { page: "modules" }],
  ["/records/tickets/", "/", { page: "records", module: "tickets" }],
  ["/records/tickets/T%2F1%20a/", "/", { page: "record", module: "tickets", record: "T/1 a" }],
  ["/records/tickets/%E0%A4/", "/", { page: "unknown" }],
  ["/runs/x/", "/", { page: "unknown" }],
  ["/runs/1/runs/", "/", { page: "unknown" }],
  ["/runs/1/more/", "/", { page: "unknown" }],
  ["/webhooks/", "/", { page: "endpoints" }],
  ["/webhooks/new/", "/", { page: "new-endpoint" }],
  ["/tools/webhooks/endpoints/shop-1/", "/tools/", { page: "endpoint", key: "shop-1" }],
  ["/webhooks/endpoints/", "/", { page: "unknown" }],
  ["/elsewhere/", "/tools/", { page: "unknown" }],
])("%s below %s", (pathname, home, route) => {
  expect(routeOf(pathname, home)).toEqual(route);
});
