import { useCallback, useEffect, useState } from "react";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { worldOf } from "../graph/validation";
import type { Policy } from "../policies/types";
import { Heading, Show } from "../ui/Page";
import "./editor.css";
import "./canvas.css";
import { autosave } from "./autosave";
import { NewsProvider } from "./runs/news";
import { actionsOf, type Editor, EditorProvider, editorStore, judgeAtOnce } from "./store";
import { Workbench } from "./Workbench";
import { kindsOf, type World, WorldProvider } from "./world";

/** Design of one workflow: everything is loaded, then the editor opens. */
export default function EditorPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const nobody = { people: [], groups: [] };
      const [
        workflow,
        draft,
        validation,
        catalog,
        modules,
        policies,
        workflows,
        sources,
        destinations,
        versions,
        me,
      ] = await Promise.all([
        api.workflow(id, signal),
        api.draft(id, signal),
        api.validate(id, signal),
        api.catalog(signal),
        api.modules(signal),
        api.policies(signal),
        api.workflows(signal),
        api.sources(signal),
        api.destinations(signal),
        api.versions(id, signal),
        api.me(signal),
      ]);
      // Those who may not edit may not ask who there is, and need not.
      const readOnly = !workflow.rights.includes("edit");
      const people = readOnly ? nobody : await api.people(signal);
      const world: World = {
        workflow,
        catalog,
        kinds: kindsOf(catalog),
        modules: modules.results,
        people,
        policies: policies.results,
        mayMakePolicies: me.may.create_policies,
        workflows: workflows.results,
        sources: sources.results,
        destinations: destinations.results,
        versions: versions.results,
        readOnly,
      };
      return { world, draft, validation };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  if (loaded.state === "ready") return <Open {...loaded.value} />;
  return (
    <>
      <Heading title="Workflow" />
      <Show loaded={loaded} again={again}>
        {() => null}
      </Show>
    </>
  );
}

type Loaded = {
  world: World;
  draft: Parameters<typeof editorStore>[0];
  validation: Parameters<ReturnType<typeof actionsOf>["found"]>[0];
};

/** A trigger of a workflow that is about a module is about its records. */
function knownOf({ kinds, workflow }: World, type: string): Record<string, unknown> {
  const kind = kinds.get(type);
  const about = kind !== undefined && "brings_record" in kind && kind.config_schema.properties?.module;
  return about && workflow.module !== null ? { module: workflow.module } : {};
}

function Open({ world: loaded, draft, validation }: Loaded) {
  const { api } = useSite();
  const [world, setWorld] = useState(loaded);
  const [editor] = useState<Editor>(() => {
    const store = editorStore(draft);
    const actions = actionsOf(
      store,
      (type) => knownOf(loaded, type),
      (type) => loaded.kinds.get(type)?.label ?? "",
    );
    actions.found(validation, store.getState().history.drawing);
    return { store, actions };
  });
  const { id } = world.workflow;
  const [known] = useState(() => new Set(loaded.policies.map((policy) => policy.key)));
  const [saver, setSaver] = useState<ReturnType<typeof autosave> | null>(null);
  useEffect(() => {
    if (loaded.readOnly) return;
    const started = autosave(editor.store, {
      save: (document) => api.saveDraft(id, document),
      validate: () => api.validate(id),
      found: editor.actions.found,
      keep: localStorage,
      key: keptKey(id),
    });
    setSaver(started);
    const { catalog, modules } = loaded;
    const stopJudging = judgeAtOnce(editor.store, { ...worldOf(catalog, modules, []), policies: known });
    const keepCheckpoint = (occasion: "open" | "leave") =>
      api.keepCheckpoint(id, occasion).catch(() => undefined); // the draft itself is safe without it
    const keepChanges = () => {
      const { history, opened } = editor.store.getState();
      return history.drawing === opened ? undefined : keepCheckpoint("leave");
    };
    void keepCheckpoint("open");
    const onLeave = (event: BeforeUnloadEvent) => {
      if (started.unsent() && editor.store.getState().saving.state === "refused") event.preventDefault();
    };
    addEventListener("beforeunload", onLeave);
    addEventListener("pagehide", keepChanges);
    return () => {
      removeEventListener("beforeunload", onLeave);
      removeEventListener("pagehide", keepChanges);
      stopJudging();
      void started.stop().then(keepChanges);
    };
  }, [api, editor, id, loaded, known]);

  /** After publishing, promoting and the like. */
  const refresh = useCallback(async () => {
    const [workflow, versions] = await Promise.all([api.workflow(id), api.versions(id)]);
    setWorld((known) => ({ ...known, workflow, versions: versions.results }));
  }, [api, id]);

  /** From now on the forms offer it. */
  const addPolicy = useCallback(
    (policy: Policy) => {
      known.add(policy.key);
      setWorld((before) => ({ ...before, policies: [policy, ...before.policies] }));
    },
    [known],
  );

  return (
    <WorldProvider value={world}>
      <EditorProvider value={editor}>
        <NewsProvider>
          <Workbench saver={saver} refresh={refresh} addPolicy={addPolicy} />
        </NewsProvider>
      </EditorProvider>
    </WorldProvider>
  );
}

export function keptKey(workflow: number): string {
  return `automations.draft.${workflow}`;
}
