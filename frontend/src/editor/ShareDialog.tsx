import { useCallback, useRef, useState } from "react";
import { ApiError } from "../api/client";
import type { Grant, Shares } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";
import { Table } from "../ui/Table";
import { useModal } from "../ui/useModal";
import "./share.css";
import { useWorld } from "./world";

/** Who may do what with the workflow and from where, and giving and taking it. */
export default function ShareDialog({ onClose }: { onClose: () => void }) {
  const { api } = useSite();
  const { workflow } = useWorld();
  const dialog = useRef<HTMLDialogElement>(null);
  const [changed, setChanged] = useState<Shares | null>(null);
  const [trouble, setTrouble] = useState("");
  const [told, setTold] = useState("");
  const path = `workflows/${workflow.id}/shares/`;
  const load = useCallback((signal: AbortSignal) => api.get<Shares>(path, signal), [api, path]);
  const [loaded, again] = useLoad(load);
  useModal(dialog);

  const act = async (work: () => Promise<Shares>, word: string): Promise<boolean> => {
    setTrouble("");
    setTold("");
    try {
      setChanged(await work());
      setTold(word);
      return true;
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "It could not be shared.");
      return false;
    }
  };
  const take = (grant: Grant) =>
    act(
      () => api.send<Shares>("DELETE", `${path}?${grant.kind}=${encodeURIComponent(grant.name)}`, undefined),
      `Taken away from ${grant.title}.`,
    );
  const give = (kind: Grant["kind"], name: string, rights: object) =>
    act(() => api.send<Shares>("PUT", path, { [kind]: name, ...rights }), `Shared with ${name}.`);
  return (
    <dialog ref={dialog} className="share" aria-labelledby="share-title" onClose={onClose}>
      <h2 id="share-title">Who may do what with “{workflow.name}”</h2>
      <Show loaded={loaded} again={again}>
        {(first) => {
          const shares = changed ?? first;
          return (
            <>
              <Grants shares={shares} onTake={take} />
              {shares.may_share ? (
                <GiveForm shares={shares} onGive={give} />
              ) : (
                <p className="note">Its owner, an admin or somebody who may publish it can share it.</p>
              )}
            </>
          );
        }}
      </Show>
      <p className="note" role="status">
        {told}
      </p>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <div className="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

function Grants({ shares, onTake }: { shares: Shares; onTake: (grant: Grant) => void }) {
  return (
    <Table
      label="Who may do what"
      rows={shares.grants}
      keyOf={(grant) => `${grant.kind} ${grant.name} ${grant.wide}`}
      columns={[
        {
          name: "Who",
          cell: (grant) => (
            <>
              {grant.title}
              {grant.members !== null && (
                <span className="note">
                  {" "}
                  group, {grant.members === 1 ? "1 person" : `${grant.members} people`}
                </span>
              )}
            </>
          ),
        },
        { name: "May", cell: mayOf, wide: true },
        { name: "From where", cell: (grant) => (grant.wide ? "on all workflows" : "on this one") },
        {
          name: "Take away",
          cell: (grant) =>
            shares.may_share &&
            !grant.wide && (
              <button
                type="button"
                aria-label={`Take away from ${grant.title}`}
                onClick={() => onTake(grant)}
              >
                Take away
              </button>
            ),
        },
      ]}
    />
  );
}

interface Giving {
  shares: Shares;
  onGive: (kind: Grant["kind"], name: string, rights: object) => Promise<boolean>;
}

const OWN = "";

/** A person or a group, and a role's rights or rights one by one: those that the reader lacks can't be chosen. */
function GiveForm({ shares, onGive }: Giving) {
  const { people } = useWorld();
  const [who, setWho] = useState("");
  const [role, setRole] = useState("Viewer");
  const [rights, setRights] = useState<string[]>(["view"]);
  const holds = (wanted: string[]) => wanted.every((right) => shares.yours.includes(right));
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const [kind, name] = [
      who.startsWith("group:") ? "group" : "user",
      who.slice(who.indexOf(":") + 1),
    ] as const;
    if (await onGive(kind, name, role === OWN ? { rights } : { role })) setWho("");
  };
  return (
    <form className="share-form" onSubmit={submit}>
      <label>
        Share with
        <select required value={who} onChange={(event) => setWho(event.target.value)}>
          <option value="">Choose…</option>
          <optgroup label="Groups and roles">
            {people.groups.map((name) => (
              <option key={name} value={`group:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label="People">
            {people.people.map((person) => (
              <option key={person.username} value={`user:${person.username}`}>
                {person.name === person.username ? person.name : `${person.name} (${person.username})`}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      <label>
        Rights
        <select value={role} onChange={(event) => setRole(event.target.value)}>
          {Object.entries(shares.roles).map(([name, wanted]) => (
            <option key={name} value={name} disabled={!holds(wanted)}>
              As {name}
            </option>
          ))}
          <option value={OWN}>One by one</option>
        </select>
      </label>
      {role === OWN ? (
        <fieldset>
          <legend>May</legend>
          {shares.rights.map((right) => (
            <label key={right}>
              <input
                type="checkbox"
                checked={rights.includes(right)}
                disabled={right === "view" || !shares.yours.includes(right)}
                onChange={(event) =>
                  setRights(
                    event.target.checked ? [...rights, right] : rights.filter((other) => other !== right),
                  )
                }
              />
              {wordOf(right)}
            </label>
          ))}
        </fieldset>
      ) : (
        <p className="note">{(shares.roles[role] ?? []).map(wordOf).join(", ")}</p>
      )}
      <button type="submit" className="primary">
        Share
      </button>
    </form>
  );
}

function wordOf(right: string): string {
  return right.replaceAll("_", " ");
}

function mayOf(grant: Grant): string {
  const rights = grant.rights.map(wordOf).join(", ");
  return grant.role === null || grant.role === grant.name ? rights : `as ${grant.role}: ${rights}`;
}
