import type { RetryPolicy } from "../api/settingsTypes";
import { Field } from "./Field";
import { RETRIES } from "./settings";

interface Props {
  retry: RetryPolicy;
  may: boolean;
  problems: Record<string, string | undefined>;
  onChange: (retry: RetryPolicy) => void;
}

/** How often actions without a policy of their own are tried, and how long is waited between. */
export function Retries({ retry, may, problems, onChange }: Props) {
  return (
    <section aria-labelledby="retries">
      <h2 id="retries">Retries</h2>
      <p className="note">
        For every action that has no policy of its own. It is part of the version: what is published from now
        on has it.
      </p>
      {RETRIES.map(({ key, name, unit, least, most, help }) => (
        <Field
          key={key}
          name={name}
          value={retry[key] === undefined ? "–" : String(retry[key])}
          may={may}
          unit={unit}
          help={help}
          problem={problems[`retry.${key}`]}
        >
          {(given) => (
            <input
              {...given}
              type="number"
              min={least}
              max={most}
              step={key === "max_attempts" ? 1 : "any"}
              value={retry[key] ?? ""}
              onChange={(event) => {
                const { [key]: _, ...others } = retry;
                const typed = event.target.value;
                onChange(typed === "" ? others : { ...others, [key]: Number(typed) });
              }}
            />
          )}
        </Field>
      ))}
    </section>
  );
}
