import { ApiError } from "../../api/client";

export function Trouble({ sentences }: { sentences: string[] }) {
  if (sentences.length === 0) return null;
  return (
    <div className="problem" role="alert">
      {sentences.map((one) => (
        <p key={one}>{one}</p>
      ))}
    </div>
  );
}

/** What a refusal says, sentence by sentence. */
export function sentencesOf(error: unknown): string[] {
  if (!(error instanceof ApiError)) return ["It could not be done. Try again."];
  const told = error.problems.map((one) => `${one.message} ${one.hint}`.trim());
  return told.length > 0 ? told : [error.message];
}
