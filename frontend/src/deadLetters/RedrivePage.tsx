import { useCallback } from "react";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { RedrivePart } from "./Redrives";
import type { RedriveDetail } from "./types";
import "./deadLetters.css";

/** One redrive or dry run: by what its runs were chosen, how far it is, and what became of each. */
export default function RedrivePage({ id }: { id: number }) {
  const { api } = useSite();
  const [loaded, again] = useLoad(
    useCallback((signal: AbortSignal) => api.get<RedriveDetail>(`redrives/${id}/`, signal), [api, id]),
  );
  return (
    <>
      <p className="trail">
        <Link to="runs/">Runs</Link> <Link to="dead-letters/">Dead letters</Link>
      </p>
      <Show loaded={loaded} again={again}>
        {(redrive) => (
          <>
            <Heading title={`${redrive.dry_run ? "Dry run" : "Redrive"} ${redrive.id}`} />
            <p className="note">
              {redrive.total} {redrive.total === 1 ? "run" : "runs"}, chosen by{" "}
              {Object.entries(redrive.asked)
                .map(([name, value]) => `${name.replace("_", " ")} ${String(value)}`)
                .join(", ") || "nothing but that they failed"}
              .
            </p>
            <RedrivePart first={redrive} open />
          </>
        )}
      </Show>
    </>
  );
}
