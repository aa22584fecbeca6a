import { type FormEvent, useCallback, useState } from "react";
import { ApiError } from "../api/client";
import type { Module } from "../api/recordTypes";
import type { NewWorkflow, Template, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { navigate, useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { drawingOf } from "../graph/document";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { ImportDialog } from "../versions/ImportDialog";
import { beginningOf, moduleFor, nameFor } from "./beginnings";
import { Card, TemplateCard } from "./TemplateCard";

/** Begin a workflow: with a working example, blank, or with the draft of another. */
export default function NewWorkflowPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [me, modules, workflows, templates] = await Promise.all([
        api.me(signal),
        api.modules(signal),
        api.allWorkflows(signal),
        api.templates(signal),
      ]);
      return { me, modules: modules.results, workflows, templates };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="workflows/">Workflows</Link>
      </p>
      <Heading title="New workflow" />
      <Show loaded={loaded} again={again} rows={10}>
        {({ me, ...offer }) =>
          me.may.create_workflows ? (
            <>
              <Gallery {...offer} />
              <FromFile />
            </>
          ) : (
            <p className="note empty">
              You lack the right “add workflow”. An admin can give it to you, or the role Builder or Publisher
              that has it.
            </p>
          )
        }
      </Show>
    </>
  );
}

/** A workflow that was exported, here or elsewhere. */
function FromFile() {
  const { home } = useSite();
  const [asked, setAsked] = useState(false);
  return (
    <>
      <p className="actions">
        <button type="button" onClick={() => setAsked(true)}>
          From a file…
        </button>
      </p>
      {asked && (
        <ImportDialog
          workflow={null}
          onDone={({ id }) => navigate(`${home}workflows/${id}/`)}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}

interface Offer {
  modules: Module[];
  workflows: Workflow[];
  templates: Template[];
}

function Gallery({ modules, workflows, templates }: Offer) {
  const { api, home } = useSite();
  const [search, change] = useSearch();
  const beginning = beginningOf(search.from ?? "", templates, workflows);
  const proposed = nameFor(beginning, workflows);
  const bound = moduleFor(beginning);
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const name = typed ?? proposed;
  const module = bound ?? chosen;
  const chosenCard = beginning.kind === "template" ? `template:${beginning.template.key}` : beginning.kind;

  const choose = (from: string) => {
    change({ from });
    setTrouble("");
  };
  const create = async () => {
    setBusy(true);
    setTrouble("");
    try {
      const wanted: NewWorkflow = { name, ...(module === "" ? {} : { module }) };
      if (beginning.kind === "template") {
        wanted.document = { schema: 1, layout: {}, ...beginning.template.document };
        wanted.description = beginning.template.sentence;
        wanted.scenarios = beginning.template.scenarios;
      } else if (beginning.kind === "copy" && beginning.workflow !== null) {
        wanted.document = { schema: 1, ...drawingOf(await api.draft(beginning.workflow.id)) };
      }
      navigate(`${home}workflows/${(await api.createWorkflow(wanted)).id}/`);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "It could not be made. Try again.");
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create();
  };
  const choice = (value: string, label: string, disabled = false) => (
    <>
      <input
        id={value}
        type="radio"
        name="from"
        disabled={disabled}
        aria-describedby={`about-${value}`}
        checked={value === chosenCard}
        onChange={() => choose(value === "blank" ? "" : value)}
      />
      <label htmlFor={value}>{label}</label>
    </>
  );
  return (
    <form onSubmit={submit}>
      <fieldset className="gallery">
        <legend>Start from a working example</legend>
        {templates.map((template) => (
          <TemplateCard
            key={template.key}
            template={template}
            modules={modules}
            name={choice(`template:${template.key}`, template.name, template.missing.length > 0)}
          />
        ))}
        <Card name={choice("blank", "Blank")}>
          <p id="about-blank">An empty graph, which asks for a trigger first.</p>
        </Card>
        {workflows.length > 0 && (
          <Card name={choice("copy", "A copy")}>
            <p id="about-copy">The draft of a workflow that is here already.</p>
          </Card>
        )}
      </fieldset>
      <div className="card new-workflow">
        {beginning.kind === "copy" && (
          <>
            <label htmlFor="new-from">Copy of</label>
            <select
              id="new-from"
              required
              value={beginning.workflow?.id ?? ""}
              onChange={(event) => choose(`copy:${event.target.value}`)}
            >
              <option value="">Choose a workflow</option>
              {workflows.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </>
        )}
        <label htmlFor="new-name">Name</label>
        <input
          id="new-name"
          required
          maxLength={160}
          value={name}
          onChange={(event) => setTyped(event.target.value)}
        />
        <label htmlFor="new-module">Module</label>
        <select
          id="new-module"
          value={module}
          disabled={bound !== null}
          onChange={(event) => setChosen(event.target.value)}
        >
          <option value="">none</option>
          {modules.map((one) => (
            <option key={one.key} value={one.key}>
              {one.name}
            </option>
          ))}
        </select>
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <button type="submit" disabled={busy}>
          Create
        </button>
      </div>
    </form>
  );
}
