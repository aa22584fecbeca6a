import { CopyButton } from "../../ui/CopyButton";

/** A secret that is in no other answer, and the other side that needs it. */
export function ShownOnce({ secret, to }: { secret: string; to: "sender" | "receiver" }) {
  return (
    <div className="shown-once" role="status">
      <p>
        <strong>This is the only time that you see this secret.</strong> Copy it to the {to} now.
      </p>
      <p className="copyable">
        <code>{secret}</code>
        <CopyButton text={secret} label="Copy the secret" />
      </p>
    </div>
  );
}
