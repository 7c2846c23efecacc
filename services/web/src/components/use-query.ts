import { asProblem, type Problem } from "@headline/client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useOnline } from "./use-online.js";

interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly problem: Problem | undefined;
  readonly reload: () => void;
}

/** Result of `load`, loaded again whenever `key` changes. A late answer is dropped. */
export function useQuery<Value>(key: string, load: () => Promise<Value>): Loaded<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; problem?: Problem }>({ key });
  const latest = useRef(0);
  const loading = useRef(load);
  loading.current = load;
  const reload = useCallback(() => {
    latest.current += 1;
    const request = latest.current;
    setState((before) => (before.key === key && before.value !== undefined ? { key, value: before.value } : { key }));
    loading.current().then(
      (value) => request === latest.current && setState({ key, value }),
      (error) => request === latest.current && setState({ key, problem: asProblem(error) }),
    );
  }, [key]);
  useEffect(() => {
    reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);
  useOnline(state.problem !== undefined, reload);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : undefined, problem: isCurrent ? state.problem : undefined, reload };
}
