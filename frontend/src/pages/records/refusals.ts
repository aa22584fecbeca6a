import { ApiError } from "../../api/client";
import type { Texts } from "./fieldText";

/** Why a form was refused: a sentence for the whole of it, and one for each input. */
export interface Refusal {
  message: string;
  problems: Texts;
}

export const NO_REFUSAL: Refusal = { message: "", problems: {} };

/** What the server said, sorted to the inputs; what belongs to none of them stands in the message. */
export function refusalOf(error: unknown, inputs: string[]): Refusal {
  if (!(error instanceof ApiError)) return { message: "It could not be saved. Try again.", problems: {} };
  const problems: Texts = {};
  const rest: string[] = [];
  for (const { path, message, hint } of error.problems) {
    const input = path.replace(/^values\./, "");
    const told = [message, hint].filter((part) => part !== "").join(" ");
    if (inputs.includes(input)) problems[input] ??= told;
    else rest.push(told);
  }
  if (rest.length > 0) return { message: rest.join(" "), problems };
  const count = Object.keys(problems).length;
  if (count > 0)
    return { message: count === 1 ? "One value is refused." : `${count} values are refused.`, problems };
  return { message: error.message, problems };
}
