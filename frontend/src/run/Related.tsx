import { Fragment } from "react";
import type { Related } from "../api/runTypes";
import { Link } from "../ui/Link";

/** By which request a webhook has started the run, for those who may see where it came in. */
export function CameBy({ related }: { related: Related[] }) {
  const receipt = related.find((one) => one.kind === "receipt");
  if (receipt === undefined) return null;
  return (
    <>
      , which came in at{" "}
      <Link to={receipt.link}>{[receipt.name, receipt.state].filter(Boolean).join(", ")}</Link>
    </>
  );
}

/** The deliveries of its steps. */
export function Calls({ related }: { related: Related[] }) {
  const calls = related.filter((one) => one.kind === "delivery");
  if (calls.length === 0) return null;
  return (
    <>
      {" "}
      {calls.length === 1 ? "Its delivery:" : "Its deliveries:"}{" "}
      {calls.map(({ link, name, state }, index) => (
        <Fragment key={link}>
          {index > 0 && ", "}
          <Link to={link}>{name}</Link> ({state})
        </Fragment>
      ))}
      .
    </>
  );
}
