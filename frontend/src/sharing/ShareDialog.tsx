import { useCallback, useRef, useState } from "react";
import { type Api, ApiError } from "../api/client";
import type { Grant, People, Shares } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";
import { Table } from "../ui/Table";
import { useModal } from "../ui/useModal";
import "./share.css";

interface Props {
  /** What is shared, as its address in the API names it: "workflows/4". */
  thing: string;
  name: string;
  onClose: () => void;
}

const CHANGERS = "Its owner, an admin or somebody who may change it can share it.";
/** Of what, of which every one may be shared at once, and who may share one. */
const NOUNS: Record<string, [all: string, sharers: string]> = {
  workflows: ["workflows", "Its owner, an admin or somebody who may publish it can share it."],
  modules: ["modules", "An admin or somebody who may change it can share it."],
  policies: ["policies", CHANGERS],
  "webhooks/endpoints": ["endpoints", CHANGERS],
  "webhooks/destinations": ["destinations", CHANGERS],
  "webhooks/secrets": ["secrets", CHANGERS],
};

/** Who may do what with a workflow, a module or a policy and from where, and giving and taking it. */
export default function ShareDialog({ thing, name, onClose }: Props) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  const [changed, setChanged] = useState<Shares | null>(null);
  const [trouble, setTrouble] = useState("");
  const [told, setTold] = useState("");
  const path = `${thing}/shares/`;
  const [all = "", sharers] = NOUNS[thing.slice(0, thing.lastIndexOf("/"))] ?? [];
  const load = useCallback(
    async (signal: AbortSignal) => {
      const shares = await api.get<Shares>(path, signal);
      return { shares, people: shares.may_share ? await peopleOf(api, shares, signal) : NOBODY };
    },
    [api, path],
  );
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
      <h2 id="share-title">Who may do what with “{name}”</h2>
      <Show loaded={loaded} again={again}>
        {(first) => {
          const shares = changed ?? first.shares;
          return (
            <>
              <Grants shares={shares} all={all} onTake={take} />
              {shares.may_share ? (
                <GiveForm shares={shares} people={first.people} onGive={give} />
              ) : (
                <p className="note">{sharers}</p>
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

const NOBODY: People = { people: [], groups: [] };

/** Whom one can choose. Who builds no workflow may not ask who there is, and chooses among the roles. */
async function peopleOf(api: Api, shares: Shares, signal: AbortSignal): Promise<People> {
  try {
    return await api.people(signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return { people: [], groups: Object.keys(shares.roles) };
  }
}

interface Granted {
  shares: Shares;
  /** "workflows" */
  all: string;
  onTake: (grant: Grant) => void;
}

function Grants({ shares, all, onTake }: Granted) {
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
        { name: "From where", cell: (grant) => (grant.wide ? `on all ${all}` : "on this one") },
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
  people: People;
  onGive: (kind: Grant["kind"], name: string, rights: object) => Promise<boolean>;
}

const OWN = "";

/** A person or a group, and a role's rights or rights one by one: those that the reader lacks can't be chosen. */
function GiveForm({ shares, people, onGive }: Giving) {
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
