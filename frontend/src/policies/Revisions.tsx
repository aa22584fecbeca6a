import { settingsBetween } from "../graph/difference";
import { dateTime, shown } from "../ui/format";
import { ruleText } from "./ruleText";
import type { Revision } from "./types";

/** Every wording, newest first, each with what it changed. */
export function Revisions({ revisions }: { revisions: Revision[] }) {
  return (
    <section aria-labelledby="revisions">
      <h2 id="revisions">Revisions</h2>
      <ol className="plain revisions">
        {revisions.map((revision, index) => (
          <li key={revision.number}>
            <strong>Revision {revision.number}</strong>{" "}
            <span className="note">
              {dateTime(revision.published_at)} by {revision.published_by ?? "nobody"}
            </span>
            <code>{ruleText(revision.rule)}</code>
            <Changed before={revisions[index + 1]} after={revision} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Changed({ before, after }: { before: Revision | undefined; after: Revision }) {
  if (before === undefined) return null;
  const settings = settingsBetween({ rule: before.rule }, { rule: after.rule });
  return (
    <ul className="plain">
      {settings.map((setting) => (
        <li key={setting.name}>
          {setting.name} <del>{shown(setting.before)}</del> → <ins>{shown(setting.after)}</ins>
        </li>
      ))}
    </ul>
  );
}
