/** What keeps a form from being sent, a line each; nothing where nothing does. */
export function Troubles({ lines }: { lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <div className="problem" role="alert">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}
