const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export interface Windows {
  days: number[];
  window_from: string;
  window_to: string;
  zone: string;
}

interface Props {
  windows: Windows | null;
  /** The zone to begin with; the reader's own where none is known. */
  zone: string | undefined;
  onChange: (windows: Windows | null) => void;
}

/** On which days of the week it comes again, from when to when, by whose clock. */
export function WindowFields({ windows, zone, onChange }: Props) {
  const own = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const fresh: Windows = { days: [0, 1, 2, 3, 4, 5, 6], window_from: "22:00", window_to: "06:00", zone: own };
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={windows !== null}
          onChange={(event) => onChange(event.target.checked ? fresh : null)}
        />
        Only in windows that come again
      </label>
      {windows !== null && (
        <fieldset>
          <legend>On these days</legend>
          <p className="actions">
            {DAYS.map((name, day) => (
              <label key={name} className="check">
                <input
                  type="checkbox"
                  checked={windows.days.includes(day)}
                  onChange={(event) => {
                    const others = windows.days.filter((one) => one !== day);
                    onChange({ ...windows, days: event.target.checked ? [...others, day].sort() : others });
                  }}
                />
                {name}
              </label>
            ))}
          </p>
          <label className="block">
            From each day at
            <input
              type="time"
              required
              value={windows.window_from}
              onChange={(event) => onChange({ ...windows, window_from: event.target.value })}
            />
          </label>
          <label className="block">
            To (not later than that: on the next day)
            <input
              type="time"
              required
              value={windows.window_to}
              onChange={(event) => onChange({ ...windows, window_to: event.target.value })}
            />
          </label>
          <label className="block">
            By the clock of (time zone)
            <input
              required
              maxLength={64}
              value={windows.zone}
              onChange={(event) => onChange({ ...windows, zone: event.target.value })}
            />
          </label>
          <p className="note">
            Where clocks are put back, a window lasts an hour longer; a time that they skip is the moment of
            the jump.
          </p>
        </fieldset>
      )}
    </>
  );
}
