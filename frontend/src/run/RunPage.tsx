import { useSite } from "../app/context";
import { FORBIDDEN, SIGNED_OUT } from "../live/socket";
import { Heading } from "../ui/Page";
import { RunViews } from "./RunViews";
import { useRun } from "./useRun";
import "./run.css";

/** What happened in one run, in four views that show the same steps and know the same selection. */
export function RunPage({ id }: { id: number }) {
  const { signIn } = useSite();
  const { state, live, trouble, refresh } = useRun(id);
  const { run } = state;

  if (live.kind === "refused" && run === null) {
    return (
      <>
        <Heading title={`Run ${id}`} />
        <div className="problem" role="alert">
          {live.code === SIGNED_OUT && (
            <p>
              You are signed out. <a href={signIn}>Sign in</a> again.
            </p>
          )}
          {live.code === FORBIDDEN && <p>There is no such run, or its workflow isn’t shared with you.</p>}
        </div>
      </>
    );
  }
  return (
    <>
      {run === null && <Heading title={`Run ${id}`} />}
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {run === null ? (
        <p className="note">Loading…</p>
      ) : (
        <RunViews run={run} steps={state.steps} entries={state.entries} live={live} refresh={refresh} />
      )}
    </>
  );
}
