import { useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { Show } from "../../ui/Page";
import { type Column, Table } from "../../ui/Table";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { SubscriptionDialog } from "./SubscriptionDialog";
import type { Destination, ProductEvent, Subscription } from "./types";

interface Loaded {
  kinds: ProductEvent[];
  subscriptions: Subscription[];
}

/** What a destination is told of by the product itself. */
export function Subscriptions({ destination }: { destination: Destination }) {
  const { api } = useSite();
  const address = `webhooks/destinations/${destination.key}/subscriptions/`;
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const [kinds, subscriptions] = await Promise.all([
        api.get<{ results: ProductEvent[] }>("webhooks/product-events/", signal),
        api.get<{ results: Subscription[] }>(`${address}?limit=50`, signal),
      ]);
      return { kinds: kinds.results, subscriptions: subscriptions.results };
    },
    [api, address],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-labelledby="subscriptions">
      <h2 id="subscriptions">Events of Automations</h2>
      <Show loaded={loaded} again={again}>
        {(shown) => <Listed {...shown} destination={destination} address={address} again={again} />}
      </Show>
    </section>
  );
}

interface Listing extends Loaded {
  destination: Destination;
  address: string;
  again: () => void;
}

function Listed({ kinds, subscriptions, destination, address, again }: Listing) {
  const { api } = useSite();
  const [open, setOpen] = useState<Subscription | "new" | null>(null);
  const [trouble, setTrouble] = useState<string[]>([]);
  const words = new Map(kinds.map((one) => [one.kind, one.words]));
  const end = (id: number) => {
    setTrouble([]);
    api
      .send("DELETE", `webhooks/subscriptions/${id}/`, undefined)
      .then(again, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  const columns: Column<Subscription>[] = [
    { name: "Told of", cell: (one) => one.kinds.map((kind) => words.get(kind) ?? kind).join("; ") },
    { name: "Of", cell: limitOf },
    { name: "Values", cell: (one) => (one.with_values ? "sent along" : "left out") },
    { name: "As far as seen by", cell: (one) => one.owner ?? "nobody: nothing is sent" },
    { name: "Since", number: true, cell: (one) => <Ago at={one.created_at} /> },
    {
      name: "Change",
      cell: (one) =>
        one.may_change && (
          <span className="actions">
            <button type="button" onClick={() => setOpen(one)}>
              Change…
            </button>
            <button type="button" onClick={() => end(one.id)}>
              End
            </button>
          </span>
        ),
    },
  ];
  const mayAdd = destination.rights.includes("use") || destination.rights.includes("change");
  return (
    <>
      {subscriptions.length === 0 ? (
        <div className="note empty">
          <p>
            Nothing is told here by itself. Subscribe it, and it is called when a run fails, a question waits
            for people, or a workflow is paused.
          </p>
        </div>
      ) : (
        <Table label="Subscriptions" columns={columns} rows={subscriptions} keyOf={(one) => one.id} />
      )}
      <Trouble sentences={trouble} />
      {mayAdd && (
        <p className="actions">
          <button type="button" onClick={() => setOpen("new")}>
            Subscribe…
          </button>
        </p>
      )}
      {open !== null && (
        <SubscriptionDialog
          kinds={kinds}
          subscription={open === "new" ? null : open}
          address={address}
          onDone={again}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

function limitOf({ workflow, team }: Subscription): string {
  if (workflow !== null) return workflow.name ?? "a workflow that you may not see";
  return team === "" ? "all workflows" : `workflows of ${team}`;
}
