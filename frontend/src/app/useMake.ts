import { useCallback } from "react";
import { useSite } from "./context";
import { useLoad } from "./useLoad";

/** Whether the reader may make things of a kind: "endpoint", "destination", "secret"; false until it is known. */
export function useMake(kind: string): boolean {
  const { api } = useSite();
  const [me] = useLoad(useCallback((signal: AbortSignal) => api.me(signal), [api]));
  return me.state === "ready" && me.value.may.make.includes(kind);
}
