import { type RefObject, useEffect } from "react";

/** Opens a dialog as soon as it is there. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useEffect(() => {
    if (dialog.current !== null && !dialog.current.open) dialog.current.showModal();
  }, [dialog]);
}
