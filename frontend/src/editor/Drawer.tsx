import { useState } from "react";
import type { Bench, Drawer as Name } from "./bench";
import { Problems } from "./Problems";
import { SaveDialog } from "./scenarios/SaveDialog";
import { ScenariosDrawer } from "./scenarios/ScenariosDrawer";
import type { Source } from "./scenarios/scenarios";
import { type Scenarios, useScenarios } from "./scenarios/useScenarios";
import { useSlice } from "./store";
import { TestDrawer } from "./TestDrawer";

interface Saving {
  source: Source | null;
  title: string;
}

function scenariosLabel({ rows }: Scenarios): string {
  if (rows === null || rows.length === 0) return "Scenarios";
  return `Scenarios ${rows.filter((row) => row.draft.status === "passed").length}/${rows.length}`;
}

/** Results under the graph: what is wrong, what a test found. */
export function Drawer({ bench }: { bench: Bench }) {
  const problems = useSlice((state) => state.findings.length);
  const scenarios = useScenarios();
  const [saving, setSaving] = useState<Saving | null>(null);
  const { drawer, setDrawer } = bench;
  const tabs: [Name, string][] = [
    ["problems", `Problems ${problems}`],
    ["test", "Candidates"],
    ["scenarios", scenariosLabel(scenarios)],
  ];
  return (
    <section className="drawer" aria-label="Results">
      <div className="drawer-tabs">
        {tabs.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-expanded={drawer === name}
            onClick={() => setDrawer(drawer === name ? null : name)}
          >
            {label}
          </button>
        ))}
      </div>
      {drawer !== null && (
        <div className="drawer-body">
          {drawer === "problems" && <Problems />}
          {drawer === "test" && (
            <TestDrawer
              busy={bench.testing}
              trouble={bench.trouble}
              onSave={(source, title) => setSaving({ source, title })}
            />
          )}
          {drawer === "scenarios" && (
            <ScenariosDrawer
              bench={bench}
              scenarios={scenarios}
              onNew={() => setSaving({ source: null, title: "" })}
            />
          )}
        </div>
      )}
      {saving !== null && (
        <SaveDialog
          {...saving}
          onClose={() => setSaving(null)}
          onSaved={() => {
            scenarios.again();
            setDrawer("scenarios");
          }}
        />
      )}
    </section>
  );
}
