import type { Deed, List, TimeRead } from "@headline/ranking";

/** A learner of events, in the order of time. */
export interface Listener {
  shown(list: List): void;
  clicked(click: Deed): void;
  read(click: Deed): void;
  readFor(read: TimeRead): void;
}

/** A way to order candidates: the higher a score, the earlier its article. */
export interface Method {
  readonly name: string;
  score(list: List, among: "list" | "pool"): ArrayLike<number>;
}
