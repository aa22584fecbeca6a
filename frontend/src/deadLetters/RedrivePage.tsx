import { useCallback } from "react";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { RedrivePart } from "./Redrives";
import type { Redrive, RedriveDetail } from "./types";
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
              {redrive.total} {redrive.total === 1 ? "run" : "runs"}, <Chosen redrive={redrive} />.
            </p>
            <RedrivePart first={redrive} open />
          </>
        )}
      </Show>
    </>
  );
}

/** By what its runs were chosen: the cause that they gave up for, and what the filter said beside. */
function Chosen({ redrive: { asked, cause } }: { redrive: Redrive }) {
  const said = Object.entries(asked)
    .filter(([name]) => cause === null || name !== "fingerprint")
    .map(([name, value]) =>
      name === "runs" && Array.isArray(value)
        ? "ticked one by one"
        : `${name.replace("_", " ")} ${String(value)}`,
    );
  if (cause === null) return <>chosen by {said.join(", ") || "nothing but that they failed"}</>;
  return (
    <>
      of the cause <Link to={`dead-letters/${cause.fingerprint}/`}>“{cause.cause}”</Link>
      {said.length > 0 && `, ${said.join(", ")}`}
    </>
  );
}
