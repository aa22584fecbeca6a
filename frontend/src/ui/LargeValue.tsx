import { useCallback, useRef, useState } from "react";
import type { Large } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { bytes } from "./format";
import { JsonTree } from "./JsonTree";
import { Show } from "./Page";

interface Shown {
  large: Large;
  /** Where all of it is asked for. */
  address: string;
  path: string;
  label: string;
}

/** The beginning of a value that is too large to be shown at once, and all of it for who asks. */
export function LargeValue({ large, address, path, label }: Shown) {
  const [wanted, setWanted] = useState(false);
  const place = useRef<HTMLElement>(null);
  const size = bytes(large.size);
  const load = () => {
    // The button goes: who pressed it by a key stays here.
    place.current?.focus();
    setWanted(true);
  };
  return (
    <section className="large-value" aria-label={`Large value: ${label}`} tabIndex={-1} ref={place}>
      {wanted ? (
        <Whole address={address} path={path} label={label} />
      ) : (
        <>
          <p className="note">{size}; it begins with:</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard. */}
          <pre tabIndex={0}>{large.preview}…</pre>
          <button type="button" onClick={load}>
            Load all {size}
          </button>
        </>
      )}
    </section>
  );
}

function Whole({ address, path, label }: Omit<Shown, "large">) {
  const { api } = useSite();
  const [loaded, again] = useLoad(
    useCallback((signal) => api.get<{ value: unknown }>(address, signal), [api, address]),
  );
  return (
    <Show loaded={loaded} again={again}>
      {(found) => <JsonTree value={found.value} path={path} label={label} />}
    </Show>
  );
}
