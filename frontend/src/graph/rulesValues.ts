/** The values of a rule: does each fit its field, and can anything lie in a range? */

import type { Field } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { dateOf, momentOf } from "./rulesMoments";
import {
  closest,
  counted,
  cut,
  isObject,
  isUnstorable,
  isWhole,
  lengthOf,
  problem,
  quoted,
} from "./validationWords";

const MAX_TEXT = 65_536;
const MAX_DIGITS = 60;
const MAX_NUMBER_TEXT = 128;
const MAX_NAME = 150;
const MAX_SHOWN = 20;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

/** A value that fits, by what orders it (null where the server alone can tell), or what is wrong with it. */
export type Literal = { order: bigint | number | string | boolean | null } | { wrong: Wrong };
type Wrong = [message: string, hint: string, code?: string];

export function labelOf(field: Field): string {
  if (field.label) return field.label;
  const words = field.key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** The path of {"ref": path}; null for any other value. */
export function refOf(value: unknown): string | null {
  return isObject(value) && Object.keys(value).length === 1 && typeof value.ref === "string"
    ? value.ref
    : null;
}

export function literalProblem(field: Field, raw: unknown, path: string): Problem | null {
  const found = literalOf(field, raw);
  if (!("wrong" in found)) return null;
  const [message, hint, code = "wrong-value-type"] = found.wrong;
  return problem(code, path, `${labelOf(field)}: ${message}`, hint);
}

/** A range of literals that nothing can lie in. Inside a json field numbers compare as numbers, texts as texts. */
export function rangeProblem(raw: readonly unknown[], path: string, field: Field): Problem | null {
  if (raw.some((item) => refOf(item) !== null)) return null;
  const [low = null, high = null] = raw.map((item) => {
    const found = literalOf(field, item);
    return "order" in found ? found.order : null;
  });
  if (field.type === "json" && (typeof low !== typeof high || typeof low === "boolean")) {
    const message = "The two ends of a range must both be texts or both be numbers.";
    return problem("wrong-value-type", path, message, "Send [low, high] of one type.");
  }
  if (low === null || high === null || low <= high) return null;
  return problem("empty-range", path, "Nothing lies in this range.", "Put the lower value first.");
}

function literalOf(field: Field, raw: unknown): Literal {
  if (field.type === "list") return textOf(raw);
  if (field.type === "json") return jsonOf(raw);
  if (raw === null || raw === undefined || (raw === "" && field.type !== "text"))
    return { wrong: ["Nothing is no value to compare with.", "Use “is empty” or “is not empty”."] };
  switch (field.type) {
    case "text":
      return textOf(raw);
    case "number":
    case "money":
      return numberOf(raw);
    case "date": {
      const order = typeof raw === "string" ? dateOf(raw) : null;
      return order !== null
        ? { order }
        : { wrong: [`${quoted(raw)} is no date.`, "Write it like 2026-03-29."] };
    }
    case "datetime":
      return zonedMomentOf(raw);
    case "choice":
      return choiceOf(raw, field.choices ?? []);
    case "boolean": {
      const fits = typeof raw === "boolean" || (typeof raw === "string" && /^(true|false)$/i.test(raw));
      if (fits) return { order: null };
      return { wrong: [`${quoted(raw)} is neither true nor false.`, "Send true or false."] };
    }
    case "user": {
      const fits = typeof raw === "string" && lengthOf(raw) <= MAX_NAME && !isUnstorable(raw);
      return fits ? { order: null } : { wrong: [`${quoted(raw)} is no user name.`, "Send a user name."] };
    }
    default:
      return { order: null };
  }
}

function textOf(raw: unknown): Literal {
  if (typeof raw !== "string" && !isWhole(raw))
    return { wrong: [`${quoted(raw)} is no text.`, "Send a text."] };
  const text = String(raw);
  if (lengthOf(text) > MAX_TEXT)
    return { wrong: ["The text is too long.", `At most ${counted(MAX_TEXT)} characters.`] };
  if (isUnstorable(text)) return { wrong: ["The text holds a NUL or half a character.", "Remove it."] };
  return { order: text };
}

function jsonOf(raw: unknown): Literal {
  if (typeof raw === "string") return textOf(raw);
  if (typeof raw === "boolean" || typeof raw === "number") return { order: raw };
  const message = `Inside a json field only texts, numbers and booleans compare, not ${quoted(raw)}.`;
  return { wrong: [message, "Send one of these."] };
}

function numberOf(raw: unknown): Literal {
  const text = typeof raw === "string" || typeof raw === "number" ? String(raw).trim() : "";
  const tooLong = (): Literal => ({
    wrong: [`${quoted(raw)} has too many digits.`, `At most ${MAX_DIGITS} digits.`],
  });
  if (lengthOf(text) > MAX_NUMBER_TEXT) return tooLong();
  if (!NUMBER.test(text))
    return { wrong: [`${quoted(raw)} is no number.`, "Send a number such as 12 or 12.50."] };
  const [written = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = written.replace(/[+-]/, "").split(".");
  const digits = `${whole}${fraction}`.replace(/^0+(?=.)/, "");
  const exponent = Number(power) - fraction.length;
  const leading = exponent + digits.length - 1;
  if (digits.length > MAX_DIGITS || Math.abs(leading) > MAX_DIGITS) return tooLong();
  // Whole numbers order as the decimals do that are so many places longer.
  const order = BigInt(digits) * 10n ** BigInt(exponent + 2 * MAX_DIGITS);
  return { order: text.startsWith("-") ? -order : order };
}

function zonedMomentOf(raw: unknown): Literal {
  const moment = typeof raw === "string" ? momentOf(raw) : null;
  if (moment === null)
    return { wrong: [`${quoted(raw)} is no date and time.`, "Write it like 2026-03-29T14:30:00Z."] };
  if (moment.zoned) return { order: moment.order };
  const hint = "Add the offset, as in 2026-03-29T14:30:00Z or 2026-03-29T14:30:00+02:00.";
  return { wrong: [`${quoted(raw)} does not say in which zone.`, hint] };
}

function choiceOf(raw: unknown, choices: readonly string[]): Literal {
  if (typeof raw !== "string")
    return { wrong: [`${quoted(raw)} is no choice.`, "Send one of the choices as text."] };
  if (choices.includes(raw)) return { order: null };
  const shown = choices.slice(0, MAX_SHOWN);
  const meant = closest(cut(raw, MAX_NAME), shown);
  const hint = meant ? `Did you mean “${meant}”?` : `Use one of ${shown.join(", ")}.`;
  return { wrong: [`${quoted(raw)} is not among the choices.`, hint, "unknown-choice"] };
}
