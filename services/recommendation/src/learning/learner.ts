import type { LandedEvent } from "@headline/newsroom/events";
import { type ForestNodes, Ranker, type Training } from "@headline/ranking";
import type { Catalogue } from "../catalogue/catalogue.js";
import { dislikeSays } from "../readers/dislike-weight.js";
import { type ExposureList, ExposureLists } from "./exposure-lists.js";
import { GuestNetworks } from "./guest-networks.js";

/** Grows a forest, elsewhere: it takes seconds of a core. */
export type Grow = (training: Training) => Promise<ForestNodes>;

/** What else learns from what readers do, beside the ranker. */
export interface Student {
  /** Its state's name in snapshots. */
  readonly name: string;
  /** One event, in the order of the log; whether it counts for everybody, or for its reader alone. */
  learn(event: LandedEvent, slot: number, counts: boolean): void;
  /** All it knows, as bytes in parts of a few milliseconds each; nothing when it keeps nothing of its own. */
  snapshotParts?(): Iterable<Uint8Array>;
  /** Becomes what the snapshot was taken of, in steps of a few milliseconds each. */
  restoreParts?(bytes: Uint8Array): Iterable<void>;
}

/** A part of what a student knows. */
export interface StudentPart {
  readonly student: string;
  readonly bytes: Uint8Array;
}

export interface LearnerState {
  readonly position: bigint;
  readonly clicks: number;
  readonly list: ReturnType<ExposureLists["state"]>;
  readonly students: Readonly<Record<string, Uint8Array>>;
}

interface Growing {
  readonly among: Training["among"];
  /** Adopted with the first event that landed then or later, so that every replay adopts it at the same place. */
  readonly adoptAtMs: number;
  readonly forest: Promise<ForestNodes>;
}

export interface LearnerParts {
  readonly catalogue: Catalogue;
  readonly grow: Grow;
  readonly ranker?: Ranker;
  readonly students: readonly Student[];
}

/** The name of their state in snapshots. */
const GUESTS = "guest-networks";
/** How long growing a forest may take before following waits for it. */
const GROW_MS = 30_000;

/**
 * Learns from the event log, one event after the other. What it knows depends on the events and their order alone: a replay
 * from the beginning, or from a snapshot, ends in the same state as having been there.
 */
export class Learner {
  readonly ranker: Ranker;
  readonly #lists = new ExposureLists((list) => this.#shown(list));
  readonly #guests = new GuestNetworks();
  #growing: Growing[] = [];
  /** The id of the last event that was learnt. */
  #position = 0n;
  #clicks = 0;

  constructor(private readonly parts: LearnerParts) {
    this.ranker = parts.ranker ?? new Ranker(RANKER_LIMITS);
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

  /** Where it stands; beside it a snapshot has what its students and its ranker know. */
  state(): Omit<LearnerState, "students"> {
    return { position: this.#position, clicks: this.#clicks, list: this.#lists.state() };
  }

  /** All that its students know, in parts of a few milliseconds each. Nothing may be learnt until the last is taken. */
  *studentParts(): Generator<StudentPart> {
    for (const { name, snapshotParts } of this.parts.students) {
      for (const bytes of snapshotParts?.() ?? []) yield { student: name, bytes };
    }
    const guests = this.#guests.snapshot();
    if (guests !== undefined) yield { student: GUESTS, bytes: guests };
  }

  /** Becomes what the state was of, in steps of a few milliseconds each. */
  *restoring({ position, clicks, list, students }: LearnerState): Generator<void> {
    this.#position = position;
    this.#clicks = clicks;
    this.#lists.restore(list);
    this.#guests.restore(students[GUESTS]);
    for (const { name, restoreParts } of this.parts.students) {
      const bytes = students[name];
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
    const slot = this.parts.catalogue.slotOf(event.articleId);
    if (counts) this.#rank(event, slot);
    for (const student of this.parts.students) student.learn(event, slot, counts);
  }

  #rank(event: LandedEvent, slot: number): void {
    const { kind, userId: reader, articleId: article, landedAtMs: atMs, durationMs, why } = event;
    const { catalogue } = this.parts;
    if (kind === "click") {
      this.#clicks += 1;
      this.#describe(article, slot);
      this.ranker.clicked({ reader, article, atMs });
    } else if (kind === "read" && durationMs !== undefined)
      this.ranker.readFor({ reader, article, atMs, seconds: durationMs / 1_000 });
    else if (kind === "block") this.ranker.blocked(reader, catalogue.authorIdOf(slot) ?? 0n);
    else if (kind === "unblock") this.ranker.unblocked(reader, catalogue.authorIdOf(slot) ?? 0n);
    else {
      const reaction = REACTIONS[kind];
      const says = why === undefined ? undefined : dislikeSays(why);
      if (reaction?.undo) this.ranker.unreacted({ reader, article, atMs, kind: reaction.kind, says });
      else if (reaction !== undefined) this.ranker.reacted({ reader, article, atMs, kind: reaction.kind, says });
    }
  }

  #shown({ userId, articleIds, atMs }: ExposureList): void {
    for (const article of articleIds) this.#describe(article, this.parts.catalogue.slotOf(article));
    this.ranker.shown({ reader: userId, articles: articleIds, atMs });
  }

  #describe(article: bigint, slot: number): void {
    const { catalogue } = this.parts;
    const author = catalogue.authorIdOf(slot);
    if (author === undefined) return; // older than what the catalogue holds
    this.ranker.describe(article, {
      order: catalogue.publishedAtMs(slot),
      channel: catalogue.channelId(slot),
      author,
    });
  }

  #growDue(nowMs: number): void {
    for (let due = this.ranker.training(); due !== undefined; due = this.ranker.training()) {
      const forest = this.parts.grow(due);
      forest.catch(() => undefined); // heard where it is adopted
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

/** Bounded: what was used longest ago is forgotten. Docs: what it takes (docs/recommendation.md). */
export const RANKER_LIMITS = { articlesMax: 65_536, readersMax: 65_536, listRowsMax: 30_000, poolRowsMax: 40_000 };

type Reaction = { readonly kind: "like" | "collect" | "dislike"; readonly undo: boolean };

const REACTIONS: Readonly<Record<string, Reaction>> = {
  liking: { kind: "like", undo: false },
  unliking: { kind: "like", undo: true },
  collect: { kind: "collect", undo: false },
  uncollect: { kind: "collect", undo: true },
  dislike: { kind: "dislike", undo: false },
  undislike: { kind: "dislike", undo: true },
};
