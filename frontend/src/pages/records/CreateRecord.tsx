import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Module } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { navigate } from "../../app/router";
import { recordTo } from "../../ui/Link";
import { FieldInput, Labelled } from "./FieldInput";
import { changedValues, choicesOf, type Texts } from "./fieldText";
import { NO_REFUSAL, refusalOf } from "./refusals";

/** A dialog that makes a record and goes to it. */
export function CreateRecord({ module, onClose }: { module: Module; onClose: () => void }) {
  const { api, home } = useSite();
  const [key, setKey] = useState("");
  const [texts, setTexts] = useState<Texts>({});
  const [refusal, setRefusal] = useState(NO_REFUSAL);
  const [saving, setSaving] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const fields = module.fields.filter((field) => !field.read_only);
  useEffect(() => dialog.current?.showModal(), []);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const { values, problems } = changedValues(fields, {}, texts);
    setRefusal({ ...NO_REFUSAL, problems });
    if (Object.keys(problems).length > 0) return;
    setSaving(true);
    try {
      const made = await api.createRecord(module.key, key.trim(), values);
      navigate(home + recordTo(module.key, made.key));
    } catch (error) {
      setRefusal(refusalOf(error, ["key", ...fields.map((field) => field.key)]));
      setSaving(false);
    }
  };
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby={title} onClose={onClose}>
      <form onSubmit={onSubmit} noValidate>
        <h2 id={title}>New record of {module.name}</h2>
        {refusal.message !== "" && (
          <p className="problem" role="alert">
            {refusal.message}
          </p>
        )}
        <div className="fields">
          <Labelled
            label="Key"
            required
            help="Its name, such as T-1042. It can’t be changed later."
            problem={refusal.problems.key}
          >
            {(input) => <input {...input} value={key} onChange={(event) => setKey(event.target.value)} />}
          </Labelled>
          {fields.map((field) => (
            <FieldInput
              key={field.key}
              field={field}
              text={texts[field.key] ?? ""}
              choices={choicesOf(module, field)}
              problem={refusal.problems[field.key]}
              onText={(text) => setTexts((all) => ({ ...all, [field.key]: text }))}
            />
          ))}
        </div>
        <p className="actions">
          <button type="submit" className="main" disabled={saving}>
            Create record
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}
