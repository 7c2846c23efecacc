import type { Id } from "./id.js";

/** A list shown to a reader, with time and place. */
export interface List {
  readonly reader: Id;
  readonly articles: readonly Id[];
  readonly atMs: number;
  /** The article the reader is looking at; none on the home page. */
  readonly current?: Id | undefined;
  /** A small number for each kind of device; what it means is the caller's. */
  readonly device?: number | undefined;
  readonly subscriber?: boolean | undefined;
}

/** Which of the pages that are laid out apart a list is on: home or not, odd or even device. */
export function surfaceOf({ current, device }: List): number {
  return (current === undefined ? 0 : 2) + ((device ?? 0) & 1);
}
