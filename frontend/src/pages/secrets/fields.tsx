interface Props {
  value: string;
  onChange: (value: string) => void;
}

/** A value that is typed and sent: hidden while it is typed, kept by no browser. */
export function ValueField({ label, value, onChange }: Props & { label: string }) {
  return (
    <label className="block">
      {label}
      <input
        type="password"
        value={value}
        required
        minLength={8}
        maxLength={4_096}
        autoComplete="new-password"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

export function HostsField({ value, onChange }: Props) {
  return (
    <label className="block">
      Hosts that it may be sent to, one a line (*.example.com for all below example.com)
      <textarea
        className="code"
        rows={3}
        value={value}
        required
        placeholder="api.crm.example.com"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
