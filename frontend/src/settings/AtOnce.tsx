import type { Limits, WhenFull } from "../api/settingsTypes";
import { Field } from "./Field";
import { atOnceWords, WHEN_FULL } from "./settings";

interface Props {
  limits: Limits;
  may: boolean;
  problems: Record<string, string | undefined>;
  onChange: (limits: Limits) => void;
}

/** How many runs may be at work at the same time, of what, and what becomes of one more. */
export function AtOnce({ limits, may, problems, onChange }: Props) {
  const { at_once, at_once_per, when_full, ...others } = limits;
  const given = { at_once, at_once_per, when_full };
  /** Without a number the rest says nothing, and goes with it. */
  const change = (changed: { [Name in keyof typeof given]?: Limits[Name] | undefined }) => {
    const all = { ...given, ...changed };
    const told =
      all.at_once === undefined ? [] : Object.entries(all).filter(([, value]) => value !== undefined);
    onChange({ ...others, ...Object.fromEntries(told) });
  };
  if (!may) {
    return (
      <Field name="Runs at once" value={atOnceWords(limits) || "–"} may={false} problem={undefined}>
        {() => null}
      </Field>
    );
  }
  return (
    <>
      <Field
        name="Runs at once"
        value=""
        may
        unit="runs at work at the same time"
        help="A run holds its place until it has ended, also while it waits for people. Simulated runs take none. No limit where nothing is said."
        problem={problems["limits.at_once"]}
      >
        {(input) => (
          <input
            {...input}
            type="number"
            min={1}
            max={1000}
            step={1}
            value={at_once ?? ""}
            onChange={(event) =>
              change({ at_once: event.target.value === "" ? undefined : Number(event.target.value) })
            }
          />
        )}
      </Field>
      {at_once !== undefined && (
        <>
          <Field
            name="For each"
            value=""
            may
            help="A path into the event, such as event.record or event.data.customer: each value has so many places. Empty: the whole workflow."
            problem={problems["limits.at_once_per"]}
          >
            {(input) => (
              <input
                {...input}
                value={at_once_per ?? ""}
                maxLength={200}
                onChange={(event) =>
                  change({ at_once_per: event.target.value === "" ? undefined : event.target.value })
                }
              />
            )}
          </Field>
          <Field name="One more" value="" may problem={problems["limits.when_full"]}>
            {(input) => (
              <select
                {...input}
                value={when_full ?? "queue"}
                onChange={(event) => change({ when_full: event.target.value as WhenFull })}
              >
                {Object.entries(WHEN_FULL).map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      )}
    </>
  );
}
