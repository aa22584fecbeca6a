import type { Module } from "../../api/recordTypes";

/** Why there is no button to change anything, and who can mend that. */
export function LookOnly({ module }: { module: Module }) {
  return (
    <p className="note">
      You can look at {module.name}, not change them. The right “use module” on {module.name} lets you; an
      admin can give it.
    </p>
  );
}
