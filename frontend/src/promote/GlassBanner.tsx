import type { Promotion } from "../api/gateTypes";
import { Ago } from "../ui/Ago";
import "./promote.css";

/** Loud, for as long as it acts past a gate that is not green. */
export function GlassBanner({ promotion }: { promotion: Promotion }) {
  return (
    <div className="glass" role="status">
      <strong>⚠ Version {promotion.version} acts past the gate.</strong> {promotion.promoted_by} broke the
      glass <Ago at={promotion.at} />: “{promotion.reason}”
    </div>
  );
}
