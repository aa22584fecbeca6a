import { type FormEvent, useState } from "react";
import { ApiError, recordPath } from "../../api/client";
import type { DataRecord, Module, RecordChange } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { FieldInput } from "./FieldInput";
import { changedValues, choicesOf, rebased, textsOf } from "./fieldText";
import { ChangeList } from "./RecordPast";
import { NO_REFUSAL, refusalOf } from "./refusals";

interface Editing {
  module: Module;
  record: DataRecord;
  onSaved: (record: DataRecord) => void;
  /** With the newest state that is known. */
  onCancel: (record: DataRecord) => void;
}

/** The fields to be changed. When somebody was faster, it says who changed what and keeps what was typed. */
export function EditRecord({ module, record, onSaved, onCancel }: Editing) {
  const { api } = useSite();
  const fields = module.fields.filter((field) => !field.read_only);
  const [base, setBase] = useState(record);
  const [texts, setTexts] = useState(() => textsOf(fields, record.values));
  const [refusal, setRefusal] = useState(NO_REFUSAL);
  const [faster, setFaster] = useState<RecordChange[] | null>(null);
  const [saving, setSaving] = useState(false);
  const before = textsOf(fields, base.values);

  const catchUp = async () => {
    const [newest, changes] = await Promise.all([
      api.record(module.key, base.key),
      api.list<RecordChange>(`${recordPath(module.key, base.key)}changes/`),
    ]);
    setFaster(changes.results.filter((change) => change.version > base.version));
    setTexts(rebased(before, textsOf(fields, newest.values), texts));
    setBase(newest);
  };
  const save = async () => {
    const { values, problems } = changedValues(fields, before, texts);
    setRefusal({ ...NO_REFUSAL, problems });
    if (Object.keys(problems).length > 0) return;
    if (Object.keys(values).length === 0) return onCancel(base);
    try {
      onSaved(await api.changeRecord(module.key, base.key, base.version, values));
    } catch (error) {
      if (error instanceof ApiError && error.code === "version-conflict") return catchUp();
      setRefusal(
        refusalOf(
          error,
          fields.map((field) => field.key),
        ),
      );
    }
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    try {
      await save();
    } catch (error) {
      setRefusal(refusalOf(error, []));
    } finally {
      setSaving(false);
    }
  };
  return (
    <form className="tile" aria-label="Edit" onSubmit={onSubmit} noValidate>
      {refusal.message !== "" && (
        <p className="problem" role="alert">
          {refusal.message}
        </p>
      )}
      {faster !== null && (
        <div ref={(box) => box?.focus()} className="problem conflict" role="alert" tabIndex={-1}>
          <p>Somebody was faster. What you typed is kept; save again to put it over what is there now.</p>
          <ChangeList changes={faster} module={module} />
        </div>
      )}
      <div className="fields">
        {fields.map((field) => (
          <FieldInput
            key={field.key}
            field={field}
            text={texts[field.key] ?? ""}
            choices={choicesOf(module, field, base.values[field.key])}
            problem={refusal.problems[field.key]}
            onText={(text) => setTexts((all) => ({ ...all, [field.key]: text }))}
          />
        ))}
      </div>
      <p className="actions">
        <button type="submit" className="main" disabled={saving}>
          {faster === null ? "Save" : "Save over it"}
        </button>
        <button type="button" onClick={() => onCancel(base)}>
          Cancel
        </button>
      </p>
    </form>
  );
}
