/** Asking /api/v1 with the session of the page. */

import type { GraphDocument } from "../graph/document";
import type { Impact, Policy, PolicyBody, Revision } from "../policies/types";
import type { ApprovalDetail, Verdict } from "./approvalTypes";
import type { Catalog } from "./catalogTypes";
import type { Gate } from "./gateTypes";
import type { GoLive } from "./goLiveTypes";
import type {
  DataRecord,
  EventDetail,
  Explained,
  Module,
  ModuleDetail,
  Reading,
  RecordComment,
  Values,
} from "./recordTypes";
import type {
  Activity,
  LogEntry,
  Overview,
  RetryChoice,
  Run,
  RunGrid,
  RunTest,
  RunTestBody,
  Step,
  Traffic,
} from "./runTypes";
import type {
  BesideDifference,
  Checkpoint,
  CheckpointDetail,
  Draft,
  FirstSteps,
  ListedCheckpoint,
  Me,
  Named,
  NewWorkflow,
  Notification,
  Page,
  People,
  Preferences,
  Problem,
  ProblemCount,
  Template,
  Validation,
  Version,
  VersionDetail,
  Workflow,
  WorkflowDetail,
} from "./types";

/** A refusal of the server, or that it can't be reached (status 0). The message is a sentence for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string = "",
    readonly problems: Problem[] = [],
    /** What else the answer says, for programs: of a draft that changed, by whom and when. */
    readonly facts: Partial<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

const SLOW_MS = 8_000;
/** Testing and publishing look at many records. */
const SLOW_WORK_MS = 60_000;

interface Asking {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal | undefined;
  patience?: number;
  headers?: Record<string, string>;
  /** Goes on when the page is left. */
  keepalive?: boolean;
}

/** The JSON at `address`. Throws ApiError with the server's sentence, or one that says what to do. */
async function ask<Body>(address: string, asking: Asking = {}): Promise<Body> {
  const { method = "GET", body, signal, patience = SLOW_MS, keepalive = false } = asking;
  const slow = AbortSignal.timeout(patience);
  const headers: Record<string, string> = { Accept: "application/json", ...asking.headers };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers,
      keepalive,
      signal: signal ? AbortSignal.any([signal, slow]) : slow,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const why = slow.aborted
      ? `The server has not answered within ${patience / 1000} seconds.`
      : "The server can’t be reached. Check the connection, then try again.";
    throw new ApiError(0, why);
  }
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as Body;
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const facts = (await response.json()) as Partial<Record<string, unknown>>;
    const { detail, code, problems } = facts;
    if (typeof detail === "string") {
      const told = Array.isArray(problems) ? (problems as Problem[]) : [];
      return new ApiError(response.status, detail, String(code ?? ""), told, facts);
    }
  } catch {
    // Not one of our answers: a proxy's page, perhaps.
  }
  return new ApiError(response.status, `The server answered ${response.status}.`);
}

/** The token of the form that signs out, which stands on every page: the cookie may be hidden from scripts. */
function csrfToken(): string {
  return document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** `{a: 1, b: ""}` as "?a=1": what is empty is left out. */
export function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text && `?${text}`;
}

/** Where the API keeps a record; a key may hold any character. */
export function recordPath(module: string, key: string): string {
  return `modules/${module}/records/${encodeURIComponent(key)}/`;
}

/** The cursor in the address of a next page. */
export function cursorOf(next: string | null): string {
  return next === null ? "" : (new URL(next, "http://x").searchParams.get("cursor") ?? "");
}

type Signal = AbortSignal | undefined;

/** Every address that the pages ask, below `{home}api/v1/`: the API lies beside the app, also under a prefix. */
export function apiAt(home: string) {
  const root = `${home}api/v1/`;
  const get = <Body>(path: string, signal?: Signal) => ask<Body>(root + path, { signal });
  const send = <Body>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body: unknown,
    more: Asking = {},
  ) => ask<Body>(root + path, { ...more, method, body });
  const list = <Item>(address: string, cursor = "", signal?: Signal) =>
    get<Page<Item>>(
      cursor === "" ? address : `${address}${address.includes("?") ? "&" : "?"}cursor=${cursor}`,
      signal,
    );
  return {
    get,
    send,
    me: (signal?: Signal) => get<Me>("me/", signal),
    catalog: (signal?: Signal) => get<Catalog>("catalog/", signal),
    modules: (signal?: Signal) => get<Page<Module>>("modules/?limit=200", signal),
    module: (key: string, signal?: Signal) => get<ModuleDetail>(`modules/${key}/`, signal),
    people: (signal?: Signal) => get<People>("people/", signal),
    policies: (signal?: Signal) => get<Page<Policy>>("policies/?limit=200", signal),
    policy: (key: string, signal?: Signal) => get<Policy>(`policies/${key}/`, signal),
    createPolicy: (body: PolicyBody) => send<Policy>("POST", "policies/", body),
    changePolicy: (key: string, changes: object) => send<Policy>("PATCH", `policies/${key}/`, changes),
    actOnPolicy: (key: string, verb: "archive" | "restore", reason: string) =>
      send<Policy>("POST", `policies/${key}/${verb}/`, { reason }),
    impact: (key: string, rule: unknown) =>
      send<Impact>("POST", `policies/${key}/impact/`, { rule }, { patience: SLOW_WORK_MS }),
    revise: (key: string, rule: unknown, seen: string) =>
      send<Revision>("POST", `policies/${key}/revisions/`, { rule, seen }),
    destinations: (signal?: Signal) => get<Page<Named>>("webhooks/destinations/?limit=200", signal),
    sources: (signal?: Signal) => get<Page<Named>>("sources/?limit=200", signal),
    explain: (module: string, rule: unknown, record: string | null, signal?: Signal) =>
      send<Explained>(
        "POST",
        `modules/${module}/explain/`,
        { rule, ...(record ? { record } : {}) },
        { signal },
      ),
    previewText: (module: string, text: string, record: string, event?: number) =>
      send<Reading>("POST", `modules/${module}/preview-text/`, {
        text,
        record,
        ...(event === undefined ? {} : { event }),
      }),
    createWorkflow: (body: NewWorkflow) => send<WorkflowDetail>("POST", "workflows/", body),
    act: (id: number, verb: "promote" | "demote" | "pause" | "resume" | "rollback", body: object) =>
      send<WorkflowDetail>("POST", `workflows/${id}/${verb}/`, body, { patience: SLOW_WORK_MS }),
    gate: (id: number, signal?: Signal) => get<Gate>(`workflows/${id}/gate/`, signal),
    /** Run the scenarios on the live version and look anew. */
    checkGate: (id: number) => send<Gate>("POST", `workflows/${id}/gate/`, {}, { patience: SLOW_WORK_MS }),
    confirmFirstRelease: (id: number) => send<Gate>("POST", `workflows/${id}/first-release/`, {}),
    askConsent: (id: number, note: string) => send<Gate>("POST", `workflows/${id}/consent/`, { note }),
    giveConsent: (id: number, digest: string, answer: string) =>
      send<Gate>("POST", `workflows/${id}/consent/give/`, { digest, answer }),
    withdrawConsent: (id: number) => send<Gate>("POST", `workflows/${id}/consent/withdraw/`, {}),
    goLive: (id: number, signal?: Signal) => get<GoLive>(`workflows/${id}/go-live/`, signal),
    signGoLive: (id: number, digest: string, note: string) =>
      send<GoLive>("POST", `workflows/${id}/go-live/sign/`, { digest, note }),
    publish: (id: number, note: string) =>
      send<Version>(
        "POST",
        `workflows/${id}/publish/`,
        { mode: "simulate", note },
        { patience: SLOW_WORK_MS },
      ),
    records: (module: string, search: string, signal?: Signal) =>
      get<Page<DataRecord>>(`modules/${module}/records/${search}`, signal),
    workflows: (signal?: Signal) => get<Page<Workflow>>("workflows/?limit=200", signal),
    workflow: (id: number, signal?: Signal) => get<WorkflowDetail>(`workflows/${id}/`, signal),
    draft: (id: number, signal?: Signal) => get<Draft>(`workflows/${id}/graph/`, signal),
    saveDraft: (id: number, document: Draft, signal?: Signal) =>
      send<Draft>("PUT", `workflows/${id}/graph/`, document, { signal, patience: 20_000 }),
    checkpoints: (id: number, signal?: Signal) =>
      get<Page<ListedCheckpoint>>(`workflows/${id}/checkpoints/?limit=200`, signal),
    checkpoint: (id: number, number: number, signal?: Signal) =>
      get<CheckpointDetail>(`workflows/${id}/checkpoints/${number}/`, signal),
    /** Remember the draft as it is saved. */
    keepCheckpoint: (id: number, occasion: "open" | "save" | "leave", name = "") =>
      send<Checkpoint>("POST", `workflows/${id}/checkpoints/`, { occasion, name }, { keepalive: true }),
    validate: (id: number, signal?: Signal) =>
      send<Validation>("POST", `workflows/${id}/validate/`, {}, { signal }),
    runTest: (id: number, body: RunTestBody, signal?: Signal) =>
      send<RunTest>("POST", `workflows/${id}/run-test/`, body, { signal, patience: SLOW_WORK_MS }),
    difference: (id: number, number: number, other: number | "draft", signal?: Signal) =>
      get<BesideDifference>(`workflows/${id}/versions/${number}/diff/?with=${other}`, signal),
    versions: (id: number, signal?: Signal) =>
      get<Page<Version>>(`workflows/${id}/versions/?limit=200`, signal),
    version: (id: number, number: number, signal?: Signal) =>
      get<VersionDetail>(`workflows/${id}/versions/${number}/`, signal),
    /** What is live, or the draft of a workflow that never was published. */
    graph: async (id: number, version: number | null, signal?: Signal): Promise<GraphDocument> =>
      version === null
        ? get<GraphDocument>(`workflows/${id}/graph/`, signal)
        : (await get<VersionDetail>(`workflows/${id}/versions/${version}/`, signal)).document,
    runs: (signal?: Signal) => get<Page<Run>>("runs/?limit=200", signal),
    runsOf: (workflow: number, signal?: Signal) =>
      get<Page<Run>>(`runs/?workflow=${workflow}&limit=50`, signal),
    run: (id: number, signal?: Signal) => get<Run>(`runs/${id}/`, signal),
    retryChoices: async (run: number) =>
      (await get<{ choices: RetryChoice[] }>(`runs/${run}/retry/`)).choices,
    /** `key` names the request, so that it is done once however often it is sent. */
    retry: (
      run: number,
      body: Pick<RetryChoice, "start" | "version"> & { reason: string; input?: Record<string, unknown> },
      key: string,
    ) => send<Run>("POST", `runs/${run}/retry/`, body, { headers: { "Idempotency-Key": key } }),
    steps: (run: number) => get<Page<Step> | Step[]>(`runs/${run}/steps/`),
    logs: (run: number, after: number) => get<Page<LogEntry>>(`runs/${run}/logs/?after=${after}`),
    /** One page of any list, by its address with filters; `cursor` is that of the page before. */
    list,
    /** Every workflow that is not archived, or every one that is, page after page. */
    /** Those that are archived, or only those on which the reader has a right. */
    allWorkflows: async (signal?: Signal, archived = false, right = "") => {
      const found: Workflow[] = [];
      let cursor = "";
      do {
        const address = `workflows/?limit=200${archived ? "&archived=true" : ""}${right && `&right=${right}`}`;
        const page: Page<Workflow> = await list(address, cursor, signal);
        found.push(...page.results);
        cursor = cursorOf(page.next);
      } while (cursor !== "");
      return found;
    },
    templates: async (signal?: Signal) => (await get<{ results: Template[] }>("templates/", signal)).results,
    problemCounts: async (signal?: Signal) =>
      (await get<{ results: ProblemCount[] }>("workflows/problems/", signal)).results,
    setPreferences: (changes: Partial<Preferences>) => send<Preferences>("PATCH", "me/preferences/", changes),
    firstSteps: (signal?: Signal) => get<FirstSteps>("first-steps/", signal),
    /** Tell what is open before the reader, in case it is one of the first steps. */
    seen: (what: { workflow: number } | { run: number }) => send<FirstSteps>("POST", "first-steps/", what),
    overview: (signal?: Signal) => get<Overview>("overview/", signal),
    activity: async (signal?: Signal) =>
      (await get<{ results: Activity[] }>("workflows/activity/", signal)).results,
    traffic: (workflow: number, version: number, signal?: Signal) =>
      get<Traffic>(`workflows/${workflow}/versions/${version}/traffic/?limit=200`, signal),
    grid: (workflow: number, signal?: Signal) => get<RunGrid>(`workflows/${workflow}/grid/?limit=50`, signal),
    event: (id: number, signal?: Signal) => get<EventDetail>(`events/${id}/`, signal),
    /** All that rules see of an event, however large. */
    snapshot: (id: number, signal?: Signal) =>
      get<{ value: Record<string, unknown> }>(`events/${id}/snapshot/`, signal),
    record: (module: string, key: string, signal?: Signal) =>
      get<DataRecord>(recordPath(module, key), signal),
    createRecord: (module: string, key: string, values: Values) =>
      send<DataRecord>("POST", `modules/${module}/records/`, { key, values }),
    /** Fails with 409 when somebody was faster than `version`. */
    changeRecord: (module: string, key: string, version: number, values: Values) =>
      send<DataRecord>("PATCH", recordPath(module, key), { version, values }),
    comment: (module: string, key: string, text: string) =>
      send<RecordComment>("POST", `${recordPath(module, key)}comments/`, { text }),
    approval: (id: number, signal?: Signal) => get<ApprovalDetail>(`approvals/${id}/`, signal),
    decide: (id: number, verdict: Verdict) =>
      send<ApprovalDetail>("POST", `approvals/${id}/decide/`, verdict),
    delegate: (id: number, body: { receiver: string; reason: string }) =>
      send<ApprovalDetail>("POST", `approvals/${id}/delegate/`, body),
    markRead: (notification: number) => send<Notification>("POST", `notifications/${notification}/read/`, {}),
  };
}

export type Api = ReturnType<typeof apiAt>;

export function itemsOf<Item>(page: Page<Item> | Item[]): Item[] {
  return Array.isArray(page) ? page : page.results;
}
