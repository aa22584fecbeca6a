import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import type { People } from "../api/types";
import { PickDialog } from "../ui/PickDialog";
import { useSite } from "./context";

/** Choose whose eyes to look with; the page is loaded anew and says so until that is stopped. */
export default function ViewAsDialog({ onClose }: { onClose: () => void }) {
  const { api, home } = useSite();
  const [people, setPeople] = useState<People | null>(null);
  const [trouble, setTrouble] = useState("");
  const fail = useCallback((error: unknown) => {
    setTrouble(error instanceof ApiError ? error.message : "It could not be done. Try again.");
  }, []);
  useEffect(() => {
    api.people().then(setPeople, fail);
  }, [api, fail]);
  const picked = useRef(false);
  const pick = (id: string) => {
    picked.current = true;
    const name = id.slice(id.indexOf(":") + 1);
    const body = id.startsWith("role:") ? { role: name } : { user: name };
    api.send("POST", "me/viewing/", body).then(() => location.assign(home), fail);
  };
  if (trouble !== "")
    return <PickDialog title="View as" options={[]} empty={trouble} onPick={onClose} onClose={onClose} />;
  if (people === null) return null;
  return (
    <PickDialog
      title="View as"
      placeholder="A person or a role"
      options={[
        ...people.groups.map((name) => ({ id: `role:${name}`, label: name, group: "Role or group" })),
        ...people.people.map((person) => ({
          id: `user:${person.username}`,
          label: person.name,
          group: "Person",
          detail: person.username,
        })),
      ]}
      onPick={pick}
      onClose={() => picked.current || onClose()}
    />
  );
}
