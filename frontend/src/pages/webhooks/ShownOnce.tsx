import { CopyButton } from "../../ui/CopyButton";

/** A secret that is in no other answer. */
export function ShownOnce({ secret }: { secret: string }) {
  return (
    <div className="shown-once" role="status">
      <p>
        <strong>This is the only time that you see this secret.</strong> Copy it to the sender now.
      </p>
      <p className="copyable">
        <code>{secret}</code>
        <CopyButton text={secret} label="Copy the secret" />
      </p>
    </div>
  );
}
