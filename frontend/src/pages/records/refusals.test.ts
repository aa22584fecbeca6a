import { expect, it } from "vitest";
import { ApiError } from "../../api/client";
import type { Problem } from "../../api/types";
import { refusalOf } from "./refusals";

const problem = (path: string, message: string, hint = ""): Problem => ({
  ...{ code: "x", path, node: "", message, hint, severity: "error" as const },
});

it("puts each problem to its input, with the way out", () => {
  const error = new ApiError(422, "There are 2 problems.", "invalid", [
    problem("status", "“xx” is not among the choices.", "Use open."),
    problem("values.due", "This is no date."),
  ]);
  expect(refusalOf(error, ["status", "due"])).toEqual({
    message: "2 values are refused.",
    problems: { status: "“xx” is not among the choices. Use open.", due: "This is no date." },
  });
});

it("loses no problem that has no input", () => {
  const error = new ApiError(422, "There is a problem.", "invalid", [
    problem("owner", "Nobody is called so."),
  ]);
  expect(refusalOf(error, ["status"]).message).toBe("Nobody is called so.");
});

it("repeats the server's sentence when there is nothing finer", () => {
  expect(refusalOf(new ApiError(403, "You may not change Tickets."), []).message).toBe(
    "You may not change Tickets.",
  );
});
