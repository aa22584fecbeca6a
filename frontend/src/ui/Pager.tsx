import type { ReactNode } from "react";
import type { Pages } from "../app/usePages";
import { Show } from "./Page";

interface Paging<Item> {
  pages: Pages<Item>;
  /** "runs", for the button. */
  what: string;
  empty: ReactNode;
  children: (items: Item[], stale: boolean) => ReactNode;
}

/** A list that was asked for page by page, with the button for the next one. */
export function Paged<Item>({ pages, what, empty, children }: Paging<Item>) {
  return (
    <Show loaded={pages.loaded} again={pages.again} rows={10}>
      {(items) => (
        <>
          {items.length === 0 ? !pages.stale && empty : children(items, pages.stale)}
          {pages.older !== null && (
            <p className="pager">
              <button type="button" onClick={pages.older}>
                Older {what}
              </button>
            </p>
          )}
        </>
      )}
    </Show>
  );
}
