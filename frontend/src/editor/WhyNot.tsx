import { type FormEvent, useId, useState } from "react";
import { ApiError } from "../api/client";
import type { RunTest } from "../api/runTypes";
import { useSite } from "../app/context";
import { nodeOf } from "../graph/operations";
import { useSlice } from "./store";
import { nameOf, useWorld } from "./world";

/** What the trigger answered, as a sentence: which part did not hold, and the value that it saw. */
export function refusalOf(test: RunTest): string {
  const { outcome, reason } = test.decision;
  if (typeof reason.why === "string") return reason.why;
  return outcome === "matched" ? "It is a candidate." : `The trigger says: ${outcome.replaceAll("_", " ")}.`;
}

/** Why a record is no candidate, or that it is one and by which way. */
export function WhyNot() {
  const { api } = useSite();
  const { workflow, kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const [key, setKey] = useState("");
  const [answer, setAnswer] = useState("");
  const id = useId();

  const told = (test: RunTest): string => {
    const candidate = test.candidates.items[0];
    if (candidate === undefined) return `${key.trim()} is no candidate. ${refusalOf(test)}`;
    const steps = candidate.path.map((step) => {
      const node = nodeOf(drawing, step.node);
      const name = node === undefined ? step.node : nameOf(node, kinds);
      return step.branches.length === 0 ? name : `${name} (${step.branches.join(", ")})`;
    });
    return `${key.trim()} is a candidate: ${steps.join(" → ")}.`;
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setAnswer("Looking…");
    api.runTest(workflow.id, { version: "draft", record: key.trim() }).then(
      (test) => setAnswer(told(test)),
      (error: unknown) =>
        setAnswer(error instanceof ApiError ? error.message : "That could not be asked. Try again."),
    );
  };
  return (
    <form className="why-not" onSubmit={onSubmit}>
      <label htmlFor={id}>Why not this record?</label>
      <input
        id={id}
        required
        maxLength={120}
        placeholder="Its key"
        value={key}
        onChange={(event) => setKey(event.target.value)}
      />
      <button type="submit">Why not?</button>
      <output>{answer}</output>
    </form>
  );
}
