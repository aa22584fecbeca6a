import { useState } from "react";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { FormDialog } from "../../ui/FormDialog";
import type { Schedule } from "./types";
import { DAYS } from "./words";

interface Props {
  /** May have a team's weeks reviewed for others. */
  admin: boolean;
  /** The one that is changed; without it a new one is made. */
  schedule?: Schedule;
  onSaved: (schedule: Schedule) => void;
  onClose: () => void;
}

/** Says what is reviewed, when, and for whom. */
export function ScheduleDialog({ admin, schedule, onSaved, onClose }: Props) {
  const { api } = useSite();
  const [personal, setPersonal] = useState(schedule?.personal ?? true);
  const [team, setTeam] = useState(schedule?.team ?? "");
  const [weekday, setWeekday] = useState(schedule?.weekday ?? 0);
  const [hour, setHour] = useState(schedule?.hour ?? 8);
  const [zone, setZone] = useState(schedule?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [enabled, setEnabled] = useState(schedule?.enabled ?? true);
  const [readers, setReaders] = useState(schedule?.readers.map((one) => one.person).join(", ") ?? "");
  const save = async () => {
    const reviews = reviewsOf(api);
    const mailed = new Map(schedule?.readers.map((one) => [one.person, one.mail]));
    const named = readers
      .split(/[\s,]+/)
      .filter((one) => one !== "")
      .map((person) => ({ person, mail: mailed.get(person) ?? true }));
    const told = personal ? {} : { readers: named };
    const when = { weekday, hour, zone };
    onSaved(
      schedule === undefined
        ? await reviews.schedule({ ...when, ...told, team, personal })
        : await reviews.change(schedule.id, { ...when, ...told, enabled }),
    );
  };
  return (
    <FormDialog
      title={schedule === undefined ? "Review weeks by itself" : "Change when it is made"}
      button={schedule === undefined ? "Review" : "Save"}
      onDo={save}
      onClose={onClose}
    >
      {schedule === undefined && (
        <>
          {admin && (
            <label className="block">
              Of
              <select
                value={personal ? "mine" : "shared"}
                onChange={(event) => setPersonal(event.target.value === "mine")}
              >
                <option value="mine">what I may see, for me</option>
                <option value="shared">a team’s workflows, for its readers</option>
              </select>
            </label>
          )}
          <label className="block">
            Team (without it: all workflows)
            <input value={team} maxLength={80} onChange={(event) => setTeam(event.target.value)} />
          </label>
        </>
      )}
      <div className="review-when">
        <label className="block">
          Day
          <select value={weekday} onChange={(event) => setWeekday(Number(event.target.value))}>
            {DAYS.map((name, index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="block">
          Hour
          <input
            type="number"
            min={0}
            max={23}
            required
            value={hour}
            onChange={(event) => setHour(event.target.valueAsNumber)}
          />
        </label>
        <label className="block">
          Time zone
          <input value={zone} required maxLength={64} onChange={(event) => setZone(event.target.value)} />
        </label>
      </div>
      {!personal && (
        <label className="block">
          Readers (user names); they read of all its workflows
          <input value={readers} required onChange={(event) => setReaders(event.target.value)} />
        </label>
      )}
      {schedule !== undefined && (
        <label className="block">
          <input type="checkbox" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />{" "}
          Made by itself
        </label>
      )}
    </FormDialog>
  );
}
