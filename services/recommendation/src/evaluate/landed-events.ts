import type { EventKind, LandedEvent } from "@headline/newsroom/events";
import { LEARNED } from "../feed/experiments.js";
import type { LogEvent } from "./timeline.js";

/** Turns events of a replayed log into those of the service's event log, which has one for each article that was on the screen. */
export class LandedEvents {
  #lastId = 0n;
  /** A batch for each list: two lists of one reader and second are two. */
  #lastStamp = 0;

  of(event: LogEvent): LandedEvent[] {
    if (event.kind === "read") return [this.#landed("click", event.reader, event.article, event.atMs)];
    if (event.kind === "time read") {
      const durationMs = event.seconds * 1_000;
      return [this.#landed("read", event.reader, event.article, event.atMs, { durationMs })];
    }
    const { reader, inview, clicked } = event.impression;
    this.#lastStamp += 1;
    const stamp = this.#lastStamp;
    return [
      ...inview.map((article, position) => this.#landed("exposure", reader, article, event.atMs, { stamp, position })),
      ...clicked.map((article) => {
        const position = inview.indexOf(article);
        return this.#landed("click", reader, article, event.atMs, { stamp, position });
      }),
    ];
  }

  #landed(
    kind: EventKind,
    reader: number,
    article: number,
    atMs: number,
    rest: Partial<Pick<LandedEvent, "stamp" | "position" | "durationMs">> = {},
  ): LandedEvent {
    this.#lastId += 1n;
    return {
      id: this.#lastId,
      kind,
      userId: BigInt(reader),
      articleId: BigInt(article),
      channelId: 0,
      stamp: 0,
      position: 0,
      durationMs: undefined,
      reason: 0,
      bucket: LEARNED.bucket,
      why: undefined,
      occurrence: undefined,
      happenedAtMs: atMs,
      acceptedAtMs: atMs,
      landedAtMs: atMs,
      ...rest,
    };
  }
}
