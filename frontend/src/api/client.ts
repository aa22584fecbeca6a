/** Reading from /api/v1 with the session of the page. */

import type { GraphDocument } from "../graph/document";
import type { LogEntry, Page, Run, Step, Workflow } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const SLOW_MS = 8_000;

/** The JSON at `address`. Throws ApiError with the server's sentence, or one that says what to do. */
async function get<Body>(address: string, signal?: AbortSignal): Promise<Body> {
  const slow = AbortSignal.timeout(SLOW_MS);
  let response: Response;
  try {
    response = await fetch(address, {
      headers: { Accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, slow]) : slow,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server can’t be reached. Check the connection, then try again.");
  }
  if (!response.ok) throw new ApiError(response.status, await sentence(response));
  return (await response.json()) as Body;
}

async function sentence(response: Response): Promise<string> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "detail" in body) return String(body.detail);
  } catch {
    // Not one of our answers: a proxy's page, perhaps.
  }
  return `The server answered ${response.status}.`;
}

/** The address under the API's root, which lies beside the app's own (also when both are mounted under a prefix). */
function api(home: string, path: string): string {
  return `${home}api/v1/${path}`;
}

export function apiAt(home: string) {
  return {
    workflows: (signal: AbortSignal) => get<Page<Workflow>>(api(home, "workflows/?limit=200"), signal),
    workflow: (id: number, signal: AbortSignal) => get<Workflow>(api(home, `workflows/${id}/`), signal),
    /** What is live, or the draft of a workflow that never was published. */
    graph: async (id: number, version: number | null, signal?: AbortSignal): Promise<GraphDocument> =>
      version === null
        ? get<GraphDocument>(api(home, `workflows/${id}/graph/`), signal)
        : (await get<{ document: GraphDocument }>(api(home, `workflows/${id}/versions/${version}/`), signal))
            .document,
    runs: (signal: AbortSignal) => get<Page<Run>>(api(home, "runs/?limit=200"), signal),
    runsOf: (workflow: number, signal?: AbortSignal) =>
      get<Page<Run>>(api(home, `runs/?workflow=${workflow}&limit=50`), signal),
    run: (id: number, signal?: AbortSignal) => get<Run>(api(home, `runs/${id}/`), signal),
    steps: (run: number) => get<Page<Step> | Step[]>(api(home, `runs/${run}/steps/`)),
    logs: (run: number, after: number) => get<Page<LogEntry>>(api(home, `runs/${run}/logs/?after=${after}`)),
  };
}

export type Api = ReturnType<typeof apiAt>;

export function itemsOf<Item>(page: Page<Item> | Item[]): Item[] {
  return Array.isArray(page) ? page : page.results;
}
