import { useState } from "react";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { dateTime } from "../../ui/format";
import { type Column, Table } from "../../ui/Table";
import { ScheduleDialog } from "./ScheduleDialog";
import type { Schedule } from "./types";
import { ofWhat, whenOf } from "./words";

/** When weeks are reviewed by themselves, of what, and who reads them. */
export function Schedules({ schedules: first, admin }: { schedules: Schedule[]; admin: boolean }) {
  const { api } = useSite();
  const [schedules, setSchedules] = useState(first);
  const [shown, setShown] = useState<Schedule | "new" | null>(null);
  const put = (saved: Schedule) =>
    setSchedules((before) =>
      before.some((one) => one.id === saved.id)
        ? before.map((one) => (one.id === saved.id ? saved : one))
        : [saved, ...before],
    );
  const columns: Column<Schedule>[] = [
    { name: "Of", cell: (one) => ofWhat(one) },
    { name: "Made", cell: (one) => (one.enabled ? whenOf(one) : "switched off") },
    { name: "Next", number: true, cell: (one) => (one.enabled ? dateTime(one.next_at) : "–") },
    { name: "Readers", wide: true, cell: (one) => one.readers.map((row) => row.person).join(", ") },
    {
      name: "Change",
      cell: (one) => (
        <span className="actions">
          {one.my_mail !== null && (
            <label>
              <input
                type="checkbox"
                checked={one.my_mail}
                onChange={(event) => void reviewsOf(api).setMail(one.id, event.target.checked).then(put)}
              />{" "}
              mail<span className="visually-hidden"> of {ofWhat(one)}</span>
            </label>
          )}
          {one.may_change && (
            <button type="button" onClick={() => setShown(one)}>
              Change…<span className="visually-hidden"> {ofWhat(one)}</span>
            </button>
          )}
        </span>
      ),
    },
  ];
  return (
    <section aria-labelledby="schedules">
      <h2 id="schedules">Made by themselves</h2>
      {schedules.length === 0 ? (
        <p className="note empty">
          No week is reviewed by itself yet. Have your own made: you are told when it is ready, and it is kept
          as it was.
        </p>
      ) : (
        <Table label="Schedules" columns={columns} rows={schedules} keyOf={(one) => one.id} />
      )}
      <p className="actions">
        <button type="button" onClick={() => setShown("new")}>
          Review weeks by itself…
        </button>
      </p>
      {shown !== null && (
        <ScheduleDialog
          admin={admin}
          {...(shown !== "new" && { schedule: shown })}
          onSaved={put}
          onClose={() => setShown(null)}
        />
      )}
    </section>
  );
}
