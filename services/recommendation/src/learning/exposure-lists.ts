import type { LandedEvent } from "@headline/newsroom/events";

/** Articles of one page that were on the screen together. */
export interface ExposureList {
  readonly userId: bigint;
  readonly channelId: number;
  readonly articleIds: bigint[];
  atMs: number;
}

/**
 * Joins exposures that follow each other in the log and belong to one page into the list they were. What ends a list stands
 * in the log as well, so however the log is cut into batches, the lists are the same.
 */
export class ExposureLists {
  #open: (ExposureList & { readonly stamp: number }) | undefined;

  constructor(private readonly onList: (list: ExposureList) => void) {}

  /** Every event, in order. */
  take({ kind, userId, channelId, stamp, articleId, landedAtMs }: LandedEvent): void {
    const open = this.#open;
    const goesOn =
      open !== undefined &&
      kind === "exposure" &&
      open.userId === userId &&
      open.channelId === channelId &&
      open.stamp === stamp;
    if (goesOn) {
      open.articleIds.push(articleId);
      return;
    }
    this.#open = undefined;
    if (open !== undefined) this.onList(open);
    if (kind === "exposure") this.#open = { userId, channelId, stamp, articleIds: [articleId], atMs: landedAtMs };
  }

  /** The open list, for a snapshot. */
  state(): (ExposureList & { readonly stamp: number }) | undefined {
    return this.#open;
  }

  restore(open: (ExposureList & { readonly stamp: number }) | undefined): void {
    this.#open = open;
  }
}
