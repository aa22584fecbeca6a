import { useState } from "react";
import { ApiError } from "../../api/client";
import type { AuditChain } from "../../api/types";
import { useSite } from "../../app/context";
import { CopyButton } from "../../ui/CopyButton";

type State =
  | { kind: "unasked" | "asking" }
  | { kind: "told"; chain: AuditChain }
  | { kind: "refused"; why: string };

/** Whether the trail is as it was written; asked for, because every link is worked out anew. */
export function Chain() {
  const { api } = useSite();
  const [state, setState] = useState<State>({ kind: "unasked" });
  const ask = async () => {
    setState({ kind: "asking" });
    try {
      setState({ kind: "told", chain: await api.get<AuditChain>("audit/chain/") });
    } catch (error) {
      setState({
        kind: "refused",
        why: error instanceof ApiError ? error.message : "It could not be verified.",
      });
    }
  };
  return (
    <section className="audit-chain" aria-label="The chain">
      <button type="button" onClick={() => void ask()} disabled={state.kind === "asking"}>
        Verify the chain
      </button>
      <div role="status">
        {state.kind === "asking" && "Working out every link…"}
        {state.kind === "refused" && state.why}
        {state.kind === "told" && <Told chain={state.chain} />}
      </div>
    </section>
  );
}

function Told({ chain: { whole, links, head, breaks } }: { chain: AuditChain }) {
  if (whole) {
    return (
      <>
        ✓ The chain is whole: {links} {links === 1 ? "link" : "links"}. Head <code>{head.slice(0, 12)}…</code>{" "}
        <CopyButton text={head} label="Copy head" />
      </>
    );
  }
  return (
    <>
      <strong className="error">✕ The chain is broken.</strong>
      <ul>
        {breaks.map((one) => (
          <li key={`${one.link} ${one.entry}`}>
            Link {one.link}, entry {one.entry}: {one.why}
          </li>
        ))}
      </ul>
    </>
  );
}
