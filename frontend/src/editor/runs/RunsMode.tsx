import { useNews } from "./news";
import { RunList } from "./RunList";
import { ShownRun } from "./ShownRun";
import { useRunsMode } from "./useRunsMode";
import "./runs.css";

/** The last runs in the editor's place: the list, and one of them on the graph of its own version. */
export function RunsMode({ onFix }: { onFix: () => void }) {
  const { runs } = useNews();
  const { run: chosen } = useRunsMode();
  const shown = chosen ?? runs?.[0]?.id ?? null;
  return (
    <div className="editor-main">
      {/* Anew with the first word, so that what was there already does not slide in. */}
      <RunList key={String(runs === null)} runs={runs ?? []} shown={shown} />
      {shown === null ? (
        <p className="note runs-none">
          {runs === null
            ? "Loading…"
            : "Nothing has started this workflow yet. Its first run will appear here."}
        </p>
      ) : (
        <ShownRun id={shown} listed={runs?.find((run) => run.id === shown) ?? null} onFix={onFix} />
      )}
    </div>
  );
}
