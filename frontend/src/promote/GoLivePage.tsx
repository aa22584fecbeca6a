import { useCallback, useState } from "react";
import type { Chapter, CheckState, GoLive } from "../api/goLiveTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { ModeChip } from "../ui/chips";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { WorkflowHead } from "../ui/WorkflowHead";
import { ReasonDialog } from "../versions/ReasonDialog";
import "./promote.css";

const WORDS: Record<CheckState, [mark: string, word: string]> = {
  proven: ["✓", "Proven"],
  open: ["○", "Open"],
  not_used: ["–", "Not used"],
};
const KINDS = ["html", "pdf", "json"] as const;

/** What the live version rests on, chapter by chapter, to be signed and kept. */
export default function GoLivePage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const workflow = await api.workflow(id, signal);
      return { workflow, checklist: workflow.active_version === null ? null : await api.goLive(id, signal) };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="golive" what="Go-live checklist of" />
      <Show loaded={loaded} again={again}>
        {({ workflow, checklist }) =>
          checklist === null ? (
            <p className="note">
              “{workflow.name}” has no version yet. Publish one in the editor; what it rests on is gathered
              here.
            </p>
          ) : (
            <Checklist first={checklist} />
          )
        }
      </Show>
    </>
  );
}

function Checklist({ first }: { first: GoLive }) {
  const { api, home } = useSite();
  const [checklist, setChecklist] = useState(first);
  const [signing, setSigning] = useState(false);
  const { workflow, open_checks, signed, chapters } = checklist;
  const sign = async (note: string) => {
    setChecklist(await api.signGoLive(workflow.id, checklist.digest, note));
    setSigning(false);
  };
  return (
    <>
      <p>
        Version {checklist.version} <ModeChip mode={checklist.mode} />
      </p>
      <p className={signed === null ? "gate-sum" : "gate-sum gate-green"} role="status">
        {signed === null
          ? `Not signed. ${open_checks} checks are open.`
          : `✓ Signed by ${signed.signed_by}, ${dateTime(signed.at)}${signed.note === "" ? "." : `: “${signed.note}”`}`}
      </p>
      <p className="actions gate-tools">
        {checklist.may_sign && (
          <button type="button" className="primary" onClick={() => setSigning(true)}>
            Sign version {checklist.version}…
          </button>
        )}
        {KINDS.map((kind) => (
          <a
            key={kind}
            className="button quiet"
            href={`${home}api/v1/workflows/${workflow.id}/go-live/export/?kind=${kind}`}
          >
            {kind.toUpperCase()}
          </a>
        ))}
      </p>
      {chapters.map((chapter) => (
        <ChapterPart key={chapter.key} chapter={chapter} />
      ))}
      {signing && (
        <ReasonDialog
          title={`Sign version ${checklist.version}`}
          text={
            open_checks === 0
              ? "You say that this version may go live."
              : `${open_checks} checks are open. Say why it may go live all the same.`
          }
          button="Sign"
          required={open_checks > 0}
          onDone={sign}
          onClose={() => setSigning(false)}
        />
      )}
    </>
  );
}

function ChapterPart({ chapter }: { chapter: Chapter }) {
  return (
    <section aria-labelledby={`chapter-${chapter.key}`}>
      <h2 id={`chapter-${chapter.key}`}>{chapter.title}</h2>
      <ul className="gate" aria-label={chapter.title}>
        {chapter.checks.map((check) => {
          const [mark, word] = WORDS[check.state];
          return (
            <li key={check.key} className={`gate-${check.state}`}>
              <span className="gate-mark">
                <span aria-hidden="true">{mark}</span> {word}
              </span>
              <div className="gate-text">
                <strong>{check.title}</strong>
                <p>{check.sentence}</p>
              </div>
              <span className="gate-line-tools">
                {check.evidence.map((link) => (
                  <Link key={link.to} to={link.to}>
                    {link.text}
                    <span className="visually-hidden">
                      : {check.title}, {chapter.title}
                    </span>
                  </Link>
                ))}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
