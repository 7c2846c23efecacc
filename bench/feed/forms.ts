import type { Callers, Target } from "../lib/measure.js";
import type { Targets } from "./targets.js";
import type { FeedWorld } from "./world.js";

/** Question of the bench: which server is asked, by whom. */
export interface Form {
  readonly name: FormName;
  readonly target: Target;
  /** Callers of the `run`-th load of so many requests. */
  readonly callers: (run: number, requests: number) => Callers;
  /** Callers of the warm-up; those of the loads by default. */
  readonly warmUp?: Callers;
  /** Whether events arrive meanwhile. */
  readonly events?: boolean;
}

export type FormName =
  | "raw node:http"
  | "canned"
  | "guest, first page"
  | "guest, next page"
  | "reader"
  | "reader, cold"
  | "reader, two recommenders"
  | "reader, events arriving"
  | "HTTP/JSON, canned"
  | "HTTP/JSON, guest's next page"
  | "naive, canned"
  | "naive, guest's next page";

/** Guests and readers who come again and again. */
export const RETURNING = 2_000;
const NEW_GUESTS_FROM = 1_000_000_000;
const NEW_GUESTS_A_RUN = 1_000_000;

/** Forms in the order of the report. Of the readers, the first `RETURNING` come again and again, the others once each. */
export function formsOf(targets: Targets, world: FeedWorld): readonly Form[] {
  const guests = (from: number) => () => ({ from, count: RETURNING });
  const newGuests = (run: number) => ({ from: NEW_GUESTS_FROM + run * NEW_GUESTS_A_RUN, count: NEW_GUESTS_A_RUN });
  const readers = () => ({ file: world.authorizations, from: 0, count: RETURNING });
  let used = RETURNING;
  const readersOnce = (_run: number, requests: number) => {
    const from = used;
    used += requests;
    if (used > world.readers.count) throw new Error("the world has too few readers for so many runs");
    return { file: world.authorizations, from, count: requests };
  };
  return [
    { name: "raw node:http", target: targets.raw, callers: guests(1) },
    { name: "canned", target: targets.canned, callers: guests(1) },
    { name: "guest, first page", target: targets.trained, callers: newGuests },
    { name: "guest, next page", target: targets.trained, callers: guests(1) },
    { name: "reader", target: targets.trained, callers: readers },
    { name: "reader, cold", target: targets.trained, callers: readersOnce, warmUp: readers() },
    { name: "reader, two recommenders", target: targets.two, callers: readers },
    { name: "reader, events arriving", target: targets.trained, callers: readers, events: true },
    { name: "HTTP/JSON, canned", target: targets.jsonCanned, callers: guests(1) },
    { name: "HTTP/JSON, guest's next page", target: targets.jsonTrained, callers: guests(100_001) },
    { name: "naive, canned", target: targets.naiveCanned, callers: guests(1) },
    { name: "naive, guest's next page", target: targets.naiveTrained, callers: guests(200_001) },
  ];
}
