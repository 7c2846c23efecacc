import { useEffect } from "preact/hooks";

/** Calls `retry` when the network is back, where something failed. */
export function useOnline(hasFailed: boolean, retry: () => void): void {
  useEffect(() => {
    if (!hasFailed) return;
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [hasFailed, retry]);
}
