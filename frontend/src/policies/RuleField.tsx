import { useId, useState } from "react";
import type { Catalog } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import { RuleEditor } from "../forms/RuleEditor";
import "../forms/forms.css";
import { useRuleFacts } from "./useRuleFacts";

interface Props {
  catalog: Catalog;
  module: Module;
  value: unknown;
  onChange: (rule: unknown) => void;
  readOnly?: boolean;
}

/** A policy's rule, and beside it the record that it is explained against. */
export function RuleField({ catalog, module, value, onChange, readOnly = false }: Props) {
  const id = useId();
  const [record, setRecord] = useState("");
  const facts = useRuleFacts(catalog, module, record);
  return (
    <div className="policy-rule">
      <RuleEditor
        id={id}
        schema={{ type: "object" }}
        value={value}
        onChange={onChange}
        facts={facts}
        readOnly={readOnly}
        invalid={false}
        describedBy=""
        settings={{}}
      />
      <label className="block">
        Explain against the record (its key; empty: only count)
        <input value={record} maxLength={120} onChange={(event) => setRecord(event.target.value)} />
      </label>
    </div>
  );
}
