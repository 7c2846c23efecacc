import type { LandedEvent } from "@headline/newsroom/events";
import { type ForestNodes, Ranker, type Training } from "@headline/ranking";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { TitleWords } from "../catalogue/title-words.js";
import { dislikeShare } from "../readers/dislike-weight.js";
import { FEEDBACK } from "../readers/feedback.js";
import { type ExposureList, ExposureLists } from "./exposure-lists.js";
import { GuestNetworks } from "./guest-networks.js";

/** Grows a forest, elsewhere: it takes seconds of a core. */
export type Grow = (training: Training) => Promise<ForestNodes>;

/** Learns from the event log beside the ranker. */
export interface EventConsumer {
  /** Name of its state in snapshots. */
  readonly name: string;
  /** Receives events in the order of the log; `counts` says whether one counts for everybody, or for its reader alone. */
  learn(event: LandedEvent, slot: number, counts: boolean): void;
  /** Its state as bytes, in parts of a few milliseconds each. */
  snapshotParts?(): Iterable<Uint8Array>;
  /** Restores that state, in steps of a few milliseconds each. */
  restoreParts?(bytes: Uint8Array): Iterable<void>;
}

/** A part of a consumer's state. */
export interface ConsumerPart {
  readonly consumer: string;
  readonly bytes: Uint8Array;
}

export interface LearnerState {
  readonly position: bigint;
  readonly clicks: number;
  readonly list: ReturnType<ExposureLists["state"]>;
  readonly consumers: Readonly<Record<string, Uint8Array>>;
}

interface Growing {
  readonly among: Training["among"];
  /** Adopted with the first event that landed then or later, so that every replay adopts it at the same place. */
  readonly adoptAtMs: number;
  readonly forest: Promise<ForestNodes>;
}

export interface LearnerDeps {
  readonly catalogue: Catalogue;
  readonly titleWords: Pick<TitleWords, "wordsOf">;
  readonly grow: Grow;
  readonly ranker?: Ranker;
  readonly consumers: readonly EventConsumer[];
}

/** Name of the guests' state in snapshots. */
const GUESTS = "guest-networks";
/** Time for growing a forest before learning waits for it. */
const GROW_MS = 30_000;

/**
 * Learns from the event log, one event after the other. Its state depends on the events and their order alone: a replay
 * from the beginning, or from a snapshot, ends in the same state.
 */
export class Learner {
  readonly ranker: Ranker;
  readonly #lists = new ExposureLists((list) => this.#shown(list));
  readonly #guests = new GuestNetworks();
  #growing: Growing[] = [];
  /** The id of the last event that was learnt. */
  #position = 0n;
  #clicks = 0;

  constructor(private readonly deps: LearnerDeps) {
    this.ranker = deps.ranker ?? new Ranker(RANKER_LIMITS);
  }

  get position(): bigint {
    return this.#position;
  }

  /** Clicks learnt from, ever. */
  get clicks(): number {
    return this.#clicks;
  }

  /** Whether a snapshot taken now would hold everything: not while a forest grows. */
  get isSettled(): boolean {
    return this.#growing.length === 0;
  }

  /** State without that of the consumers and the ranker, which a snapshot has beside it. */
  state(): Omit<LearnerState, "consumers"> {
    return { position: this.#position, clicks: this.#clicks, list: this.#lists.state() };
  }

  /** States of the consumers, in parts of a few milliseconds each. Nothing may be learnt until the last is taken. */
  *consumerParts(): Generator<ConsumerPart> {
    for (const { name, snapshotParts } of this.deps.consumers) {
      for (const bytes of snapshotParts?.() ?? []) yield { consumer: name, bytes };
    }
    for (const bytes of this.#guests.snapshotParts()) yield { consumer: GUESTS, bytes };
  }

  /** Restores a state, in steps of a few milliseconds each. */
  *restoring({ position, clicks, list, consumers }: LearnerState): Generator<void> {
    this.#position = position;
    this.#clicks = clicks;
    this.#lists.restore(list);
    this.#guests.restore(consumers[GUESTS]);
    for (const { name, restoreParts } of this.deps.consumers) {
      const bytes = consumers[name];
      if (bytes !== undefined) yield* restoreParts?.(bytes) ?? [];
    }
  }

  async learn(events: readonly LandedEvent[]): Promise<void> {
    for (const event of events) {
      if (event.id <= this.#position) continue; // again, after something in this batch failed
      await this.#adoptGrown(event.landedAtMs);
      const counts = this.#guests.counts(event);
      if (counts || event.kind !== "exposure") this.#lists.take(event);
      this.#apply(event, counts);
      this.#position = event.id;
      this.#growDue(event.landedAtMs);
    }
  }

  /** Adopts what is growing now, before its time: a snapshot then holds everything, though a live learner would adopt it later. */
  async settle(): Promise<void> {
    await this.#adoptGrown(Number.POSITIVE_INFINITY);
  }

  #apply(event: LandedEvent, counts: boolean): void {
    const slot = this.deps.catalogue.slotOf(event.articleId);
    if (counts) this.#rank(event, slot);
    for (const consumer of this.deps.consumers) consumer.learn(event, slot, counts);
  }

  #rank(event: LandedEvent, slot: number): void {
    const call = FEEDBACK[event.kind].ranker;
    if (call === undefined) return;
    const { userId: reader, articleId: article, landedAtMs: atMs, durationMs, why } = event;
    switch (call.method) {
      case "clicked":
        this.#clicks += 1;
        this.#describe(article, slot);
        this.ranker.clicked({ reader, article, atMs });
        break;
      case "readFor":
        if (durationMs !== undefined) this.ranker.readFor({ reader, article, atMs, seconds: durationMs / 1_000 });
        break;
      case "blocked":
      case "unblocked":
        this.ranker[call.method](reader, this.deps.catalogue.authorIdOf(slot) ?? 0n);
        break;
      case "reacted":
      case "unreacted": {
        const says = why === undefined ? undefined : dislikeShare(why);
        this.ranker[call.method]({ reader, article, atMs, kind: call.reaction, says });
        break;
      }
      default:
        call satisfies never;
    }
  }

  #shown({ userId, articleIds, atMs }: ExposureList): void {
    for (const article of articleIds) this.#describe(article, this.deps.catalogue.slotOf(article));
    this.ranker.shown({ reader: userId, articles: articleIds, atMs });
  }

  #describe(article: bigint, slot: number): void {
    const { catalogue, titleWords } = this.deps;
    const author = catalogue.authorIdOf(slot);
    if (author === undefined) return; // older than what the catalogue holds
    this.ranker.describe(article, {
      order: catalogue.publishedAtMs(slot),
      channel: catalogue.channelId(slot),
      author,
      words: Array.from(titleWords.wordsOf(slot)),
    });
  }

  #growDue(nowMs: number): void {
    for (let due = this.ranker.training(); due !== undefined; due = this.ranker.training()) {
      const forest = this.deps.grow(due);
      forest.catch(() => undefined); // handled where it is adopted
      this.#growing.push({ among: due.among, adoptAtMs: nowMs + GROW_MS, forest });
    }
  }

  async #adoptGrown(nowMs: number): Promise<void> {
    if (this.#growing.length === 0 || (this.#growing[0] as Growing).adoptAtMs > nowMs) return;
    const ripe = this.#growing.filter(({ adoptAtMs }) => adoptAtMs <= nowMs);
    for (const { among, forest } of ripe) this.ranker.adopt(among, await forest);
    this.#growing = this.#growing.filter((growing) => !ripe.includes(growing));
  }
}

/** Beyond these the least recently used is dropped; memory in docs/recommendation.md. */
export const RANKER_LIMITS = { articlesMax: 65_536, readersMax: 65_536, listRowsMax: 150_000, poolRowsMax: 200_000 };
