import { lazy, Suspense, useState } from "react";

const ShareDialog = lazy(() => import("./ShareDialog"));

/** Opens who may do what with something; see the dialog for what it takes. */
export function ShareButton({ thing, name }: { thing: string; name: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Share…
      </button>
      {open && (
        <Suspense>
          <ShareDialog thing={thing} name={name} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
