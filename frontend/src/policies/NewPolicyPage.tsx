import { type FormEvent, useCallback, useState } from "react";
import type { Catalog } from "../api/catalogTypes";
import { ApiError } from "../api/client";
import type { Module } from "../api/recordTypes";
import { useSite } from "../app/context";
import { navigate, useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { keyFrom } from "./keys";
import { RuleField } from "./RuleField";
import "./policies.css";

/** A policy from nothing, or from a rule that stands in workflows already. */
export default function NewPolicyPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [catalog, modules] = await Promise.all([api.catalog(signal), api.modules(signal)]);
      return { catalog, modules: modules.results };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="conditions/">Conditions</Link>
      </p>
      <Heading title="New policy" />
      <Show loaded={loaded} again={again}>
        {({ catalog, modules }) =>
          modules.length === 0 ? (
            <p className="note empty">
              A policy is about the records of a module, and none is shared with you. An admin can share one.
            </p>
          ) : (
            <Form catalog={catalog} modules={modules} />
          )
        }
      </Show>
    </>
  );
}

function Form({ catalog, modules }: { catalog: Catalog; modules: Module[] }) {
  const { api, home } = useSite();
  const [search] = useSearch();
  const [name, setName] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [description, setDescription] = useState("");
  const [chosen, setChosen] = useState(search.module ?? "");
  const [rule, setRule] = useState<unknown>(() => given(search.rule));
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const module = modules.find((one) => one.key === chosen) ?? modules[0];
  if (module === undefined) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const body = { key: key ?? keyFrom(name), name, description, module: module.key, rule: rule ?? {} };
    api.createPolicy(body).then(
      (policy) => navigate(`${home}conditions/${policy.key}/`),
      (error: unknown) => {
        const problems = error instanceof ApiError ? error.problems : [];
        const said = error instanceof ApiError ? error.message : "The policy could not be made. Try again.";
        setTrouble(problems.length > 0 ? problems.map((one) => `${one.message} ${one.hint}`) : [said]);
        setBusy(false);
      },
    );
  };
  return (
    <form className="policy-form" onSubmit={submit}>
      <label className="block">
        Name
        <input value={name} required maxLength={160} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="block">
        Key (workflows refer to it by this; it stays)
        <input
          value={key ?? keyFrom(name)}
          required
          maxLength={80}
          pattern="[A-Za-z0-9_\-]+"
          title="Letters, digits, “-” and “_”"
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <label className="block">
        What it is for (optional)
        <textarea
          rows={3}
          value={description}
          maxLength={10_000}
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
      <label className="block">
        Module
        <select
          value={module.key}
          onChange={(event) => {
            setChosen(event.target.value);
            setRule(undefined);
          }}
        >
          {modules.map((one) => (
            <option key={one.key} value={one.key}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <h2>Rule</h2>
      <RuleField key={module.key} catalog={catalog} module={module} value={rule} onChange={setRule} />
      {trouble.length > 0 && (
        <div className="problem" role="alert">
          {trouble.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </div>
      )}
      <p className="actions">
        <button type="submit" className="primary" disabled={busy}>
          Make the policy
        </button>
      </p>
    </form>
  );
}

/** The rule that the address carries, if it is JSON. */
function given(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
