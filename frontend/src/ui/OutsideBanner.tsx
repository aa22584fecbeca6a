import { Link } from "./Link";

/** What the live version calls and was not published with; nothing where all is as it was. */
export function OutsideBanner({ id, changed }: { id: number; changed: readonly string[] }) {
  if (changed.length === 0) return null;
  return (
    <aside className="binding" aria-label="What it calls has changed">
      {changed.map((sentence) => (
        <p key={sentence}>
          <strong>⚠ Changed outside.</strong> {sentence}
        </p>
      ))}
      <p>
        It goes on as before. <Link to={`workflows/${id}/`}>Publish it anew</Link> when this is what it should
        call.
      </p>
    </aside>
  );
}
