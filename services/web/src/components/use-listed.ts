import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/send.js";
import type { Listed } from "../api/wire.js";
import { ask } from "../session/session.js";
import { useOnline } from "./use-online.js";

interface State<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null at the end, undefined before the first. */
  readonly next: string | null | undefined;
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
}

const EMPTY = { items: [], next: undefined, isBusy: false, problem: undefined };

/** A list that goes on by its cursor: `GET path?before=…`. */
export function useListed<Item>(path: string) {
  const [state, setState] = useState<State<Item>>(EMPTY);
  const latest = useRef(0);

  const load = useCallback(
    async (before: string | null | undefined) => {
      latest.current += 1;
      const mine = latest.current;
      setState((was) => ({ ...(before ? was : { ...EMPTY, items: was.items }), isBusy: true, problem: undefined }));
      try {
        const page = await ask<Listed<Item>>(
          before ? `${path}${path.includes("?") ? "&" : "?"}before=${before}` : path,
        );
        if (mine !== latest.current) return;
        setState((was) => ({
          items: before ? [...was.items, ...page.results] : page.results,
          next: page.next,
          isBusy: false,
          problem: undefined,
        }));
      } catch (error) {
        if (mine === latest.current) setState((was) => ({ ...was, isBusy: false, problem: asProblem(error) }));
      }
    },
    [path],
  );
  useEffect(() => {
    setState(EMPTY);
    void load(undefined);
    return () => {
      latest.current += 1;
    };
  }, [load]);

  const again = useCallback(() => void load(state.next), [load, state.next]);
  useOnline(state.problem !== undefined, again);

  return {
    ...state,
    isFirst: state.next === undefined && state.problem === undefined,
    isEmpty: state.next === null && state.items.length === 0,
    reload: () => void load(undefined),
    /** Loads the next page, or retries the one that failed. */
    more: again,
    change: (to: (items: readonly Item[]) => readonly Item[]) => setState((was) => ({ ...was, items: to(was.items) })),
  };
}
