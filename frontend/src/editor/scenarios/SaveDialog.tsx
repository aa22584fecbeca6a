import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { useSite } from "../../app/context";
import { nodeOf } from "../../graph/operations";
import { useModal } from "../../ui/useModal";
import { useEditor, useSlice } from "../store";
import { nameOf, useWorld } from "../world";
import { ActingAs, Expectations, type Parts, ShouldFire } from "./fields";
import { type Proposal, readGiven, type ScenarioKind, type Source, scenariosOf } from "./scenarios";
import "./scenarios.css";

const BY_HAND = `{
  "record": {"module": "", "key": "", "values": {}}
}`;

interface Props {
  /** What it is made of; null where that is written by hand. */
  source: Source | null;
  /** What the source is called. */
  title: string;
  onClose: () => void;
  onSaved: () => void;
}

/** Saves a case as a scenario: what the draft does with it now is what is expected, unless that is changed here. */
export function SaveDialog({ source, title, onClose, onSaved }: Props) {
  const { api } = useSite();
  const { actions } = useEditor();
  const { workflow, kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const [asked, setAsked] = useState<Source | null>(source);
  const [proposal, setProposal] = useState<Proposal | null>(null);
  const [name, setName] = useState(title);
  const [kind, setKind] = useState<ScenarioKind>("positive");
  const [parts, setParts] = useState<Parts>({ path: true, effects: true, outcome: true });
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useModal(dialog);

  useEffect(() => {
    if (asked === null) return;
    const leaving = new AbortController();
    scenariosOf(api, workflow.id)
      .propose(asked, leaving.signal)
      .then(
        (found) => {
          setProposal(found);
          setKind(found.kind);
          setTrouble("");
        },
        (error: unknown) => {
          if (!leaving.signal.aborted) setTrouble(sentence(error, "It could not be tried."));
        },
      );
    return () => leaving.abort();
  }, [api, workflow.id, asked]);

  const named = (node: string) => {
    const found = nodeOf(drawing, node);
    return found === undefined ? node : nameOf(found, kinds);
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (proposal === null) return;
    setBusy(true);
    setTrouble("");
    const { given, at, origin } = proposal;
    const expected = kind === proposal.kind ? kept(proposal, parts) : {};
    const who = { as_user: asked?.as_user ?? "", as_role: asked?.as_role ?? "" };
    try {
      const scenarios = scenariosOf(api, workflow.id);
      await scenarios.save({ name: name.trim(), kind, given, at, origin, expected, ...who });
      await scenarios.run().catch(() => undefined); // it is saved all the same; Run all tells what is wrong
      actions.say(`“${name.trim()}” saved.`);
      onSaved();
      dialog.current?.close();
    } catch (error) {
      setTrouble(sentence(error, "It could not be saved."));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="wide" aria-labelledby={`${id}-title`} onClose={onClose}>
      <h2 id={`${id}-title`}>Save as scenario</h2>
      {source === null && <ByHand onTry={(given) => setAsked({ ...asked, given })} />}
      {proposal === null && asked !== null && trouble === "" && <p className="note">Testing…</p>}
      {proposal !== null && (
        <form className="scenario-form" onSubmit={save}>
          <label className="block">
            Name
            <input required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <ShouldFire kind={kind} seen={proposal} onChange={setKind} />
          <ActingAs
            asked={asked ?? {}}
            at={proposal.at}
            onChange={(changes) => setAsked({ ...asked, ...changes })}
          />
          {kind === proposal.kind ? (
            <Expectations expected={proposal.expected} parts={parts} named={named} onChange={setParts} />
          ) : (
            <p className="note">
              The draft does the opposite now: this scenario fails until the draft is changed.
            </p>
          )}
          <div className="buttons">
            <button type="submit" className="primary" disabled={busy}>
              Save scenario
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </div>
        </form>
      )}
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {proposal === null && (
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      )}
    </dialog>
  );
}

/** What is expected of all that was seen: the parts that are ticked. */
function kept(proposal: Proposal, parts: Parts): Proposal["expected"] {
  return Object.fromEntries(
    Object.entries(proposal.expected).filter(([part]) => parts[part as keyof Parts] ?? true),
  );
}

function sentence(error: unknown, otherwise: string): string {
  if (!(error instanceof ApiError)) return otherwise;
  const [first] = error.problems;
  return first === undefined ? error.message : `${first.message} ${first.hint}`;
}

/** A case as JSON, for those who know what they want. */
function ByHand({ onTry }: { onTry: (given: NonNullable<Source["given"]>) => void }) {
  const { modules } = useWorld();
  const module = useSlice(
    (state) => state.history.drawing.nodes.find((node) => node.config?.module)?.config?.module,
  );
  const known = modules.find((one) => one.key === module)?.key ?? "";
  const [text, setText] = useState(BY_HAND.replace('"module": ""', `"module": "${known}"`));
  const [trouble, setTrouble] = useState("");
  const id = useId();
  const attempt = () => {
    const given = readGiven(text);
    setTrouble(typeof given === "string" ? given : "");
    if (typeof given !== "string") onTry(given);
  };
  return (
    <>
      <label htmlFor={id}>
        What is given: record, event, input, answers of approvals and ends of calls, as JSON
      </label>
      <textarea
        id={id}
        rows={8}
        maxLength={200_000}
        spellCheck={false}
        aria-describedby={trouble === "" ? undefined : `${id}-trouble`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {trouble !== "" && (
        <p className="problem" role="alert" id={`${id}-trouble`}>
          {trouble}
        </p>
      )}
      <p>
        <button type="button" onClick={attempt}>
          Try it
        </button>
      </p>
    </>
  );
}
