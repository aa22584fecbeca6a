import { type ReactNode, useId } from "react";

interface Props {
  name: string;
  /** What it is where it can't be changed. */
  value: string;
  may: boolean;
  unit?: string;
  help?: string;
  problem?: string | undefined;
  /** The input; it takes these attributes. */
  children: (given: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}

/** One setting: its name, its input with its unit, what it comes to, and what is wrong with it. */
export function Field({ name, value, may, unit, help, problem, children }: Props) {
  const id = useId();
  const described = [unit && `${id}-unit`, help && `${id}-help`, problem && `${id}-problem`];
  const ids = described.filter(Boolean).join(" ");
  return (
    <div className="setting">
      {may ? (
        <label htmlFor={id}>{name}</label>
      ) : (
        <span className="setting-name" id={id}>
          {name}
        </span>
      )}
      <div className="setting-input">
        {may ? (
          children({
            id,
            ...(ids === "" ? {} : { "aria-describedby": ids }),
            ...(problem === undefined ? {} : { "aria-invalid": true as const }),
          })
        ) : (
          <p className="setting-value">{value}</p>
        )}
        {unit !== undefined && (
          <span className="note" id={`${id}-unit`}>
            {unit}
          </span>
        )}
      </div>
      {help !== undefined && (
        <p className="note" id={`${id}-help`}>
          {help}
        </p>
      )}
      {problem !== undefined && (
        <p className="setting-problem" id={`${id}-problem`}>
          ⚠ {problem}
        </p>
      )}
    </div>
  );
}
