import { useCallback } from "react";
import { query } from "../api/client";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { ruleText } from "./ruleText";
import type { Duplicate } from "./types";

/** Rules that several workflows carry, each with the way to say it once. */
export function Duplicates({ module, mayCreate }: { module: string; mayCreate: boolean }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) =>
      (await api.get<{ results: Duplicate[] }>(`policies/duplicates/${query({ module })}`, signal)).results,
    [api, module],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-labelledby="duplicates">
      <h2 id="duplicates">Rules that stand twice</h2>
      <Show loaded={loaded} again={again} rows={2}>
        {(found) =>
          found.length === 0 ? (
            <p className="note">No rule stands in more than one draft that you see.</p>
          ) : (
            <ul className="plain duplicates">
              {found.map((one) => (
                <li key={`${one.module} ${one.form}`}>
                  <p>
                    <strong>{saidOf(one)}</strong> <code>{ruleText(one.rule)}</code>
                  </p>
                  <ul>
                    {one.places.map((place) => (
                      <li key={`${place.workflow} ${place.node} ${place.path}`}>
                        <Link to={`workflows/${place.workflow}/`}>{place.name}</Link>: {place.title}
                      </li>
                    ))}
                  </ul>
                  {one.policy !== null ? (
                    <p className="note">
                      The policy <Link to={`conditions/${one.policy}/`}>{one.policy}</Link> says the same. The
                      editor of each workflow offers it among the problems.
                    </p>
                  ) : (
                    mayCreate && (
                      <Link
                        className="button"
                        to={`conditions/new/${query({ module: one.module, rule: JSON.stringify(one.rule) })}`}
                      >
                        Extract policy
                      </Link>
                    )
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}

function saidOf({ workflows, policy }: Duplicate): string {
  if (workflows > 1) return `${workflows} workflows carry this same rule:`;
  return `A workflow carries the rule of “${policy}”:`;
}
