import { asProblem, type Problem } from "@headline/client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useOnline } from "./use-online.js";

/** Page of a list: `next` is the `before` of the page after it, null at the end. */
interface ListPage<Item> {
  readonly results: readonly Item[];
  readonly next: string | null;
}

interface State<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null at the end, undefined before the first. */
  readonly next: string | null | undefined;
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
}

const EMPTY = { items: [], next: undefined, isBusy: false, problem: undefined };

/** A list that goes on by its cursor, loaded again whenever `key` changes. A late answer is dropped. */
export function useList<Item>(key: string, load: (before: string | undefined) => Promise<ListPage<Item>>) {
  const [state, setState] = useState<State<Item>>(EMPTY);
  const latest = useRef(0);
  const loading = useRef(load);
  loading.current = load;

  const loadPage = useCallback(
    async (before: string | null | undefined) => {
      latest.current += 1;
      const request = latest.current;
      setState((was) => ({ ...(before ? was : { ...EMPTY, items: was.items }), isBusy: true, problem: undefined }));
      try {
        const page = await loading.current(before ?? undefined);
        if (request !== latest.current) return;
        setState((was) => ({
          items: before ? [...was.items, ...page.results] : page.results,
          next: page.next,
          isBusy: false,
          problem: undefined,
        }));
      } catch (error) {
        if (request === latest.current) setState((was) => ({ ...was, isBusy: false, problem: asProblem(error) }));
      }
    },
    [key],
  );
  useEffect(() => {
    setState(EMPTY);
    void loadPage(undefined);
    return () => {
      latest.current += 1;
    };
  }, [loadPage]);

  const again = useCallback(() => void loadPage(state.next), [loadPage, state.next]);
  useOnline(state.problem !== undefined, again);

  return {
    ...state,
    isFirst: state.next === undefined && state.problem === undefined,
    isEmpty: state.next === null && state.items.length === 0,
    reload: () => void loadPage(undefined),
    /** Loads the next page, or retries the one that failed. */
    more: again,
    change: (to: (items: readonly Item[]) => readonly Item[]) => setState((was) => ({ ...was, items: to(was.items) })),
  };
}
