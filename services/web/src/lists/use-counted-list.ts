import { asProblem } from "@headline/client";
import { useState } from "preact/hooks";
import { problemText } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { useList } from "../components/use-list.js";

interface CountedPage<Item> {
  readonly results: readonly Item[];
  readonly count: number;
  readonly next: string | null;
}

/** A list with the count of its entries, which are removed one by one: shown at once, and undone when the gateway refuses. */
export function useCountedList<Item>(key: string, load: (before: string | undefined) => Promise<CountedPage<Item>>) {
  const [count, setCount] = useState<number | undefined>(undefined);
  const list = useList(key, async (before) => {
    const page = await load(before);
    setCount(page.count);
    return page;
  });

  const remove = async (item: Item, request: () => Promise<unknown>): Promise<void> => {
    list.change((items) => items.filter((other) => other !== item));
    setCount((was) => was && was - 1);
    try {
      await request();
    } catch (error) {
      toast(problemText(asProblem(error)));
      list.reload();
    }
  };

  return { list, count, remove };
}
