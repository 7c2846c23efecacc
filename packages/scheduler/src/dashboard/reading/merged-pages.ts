import { thrownMessage } from "../../core/describe-thrown.js";
import { InputProblem } from "../http/problem.js";

export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

export interface Source<T> {
  readonly name: string;
  page(cursor: string | undefined): Promise<Page<T>>;
}

/** Position in a source: the cursor of its page (null for the first) and the offset in it; "end" after the last. */
type Place = readonly [cursor: string | null, index: number] | "end";

/** Positions in all sources, for a link; `until` is a moment that the caller may pin. */
export interface Position {
  readonly until?: number;
  readonly places: Readonly<Record<string, Place>>;
}

export interface Unreadable {
  readonly store: string;
  readonly reason: string;
}

/**
 * Merges sorted, paged sources, reading pages as they are needed. A source that fails is left out and named in
 * `unreadable`: a store that is down must not hide the others.
 */
export class MergedPages<T> {
  readonly unreadable: Unreadable[] = [];
  readonly #readers: StoreReader<T>[];

  constructor(
    sources: readonly Source<T>[],
    private readonly compare: (a: T, b: T) => number,
    from?: Position,
  ) {
    const places = from?.places ?? {};
    this.#readers = sources.map(
      (source) => new StoreReader(source, Object.hasOwn(places, source.name) ? places[source.name] : undefined),
    );
  }

  /** Returns the next item without taking it. */
  async peek(): Promise<T | undefined> {
    return (await this.#first())?.head;
  }

  async take(): Promise<T | undefined> {
    const reader = await this.#first();
    return reader?.take();
  }

  get position(): Position["places"] {
    return Object.fromEntries(this.#readers.map((reader) => [reader.name, reader.place]));
  }

  async #first(): Promise<StoreReader<T> | undefined> {
    await Promise.all(
      this.#readers.map((reader) => reader.fill((reason) => this.unreadable.push({ store: reader.name, reason }))),
    );
    let first: StoreReader<T> | undefined;
    for (const reader of this.#readers) {
      if (reader.head === undefined) continue;
      if (first?.head === undefined || this.compare(reader.head, first.head) < 0) first = reader;
    }
    return first;
  }
}

/** Reader of one store, a page ahead. */
class StoreReader<T> {
  readonly name: string;
  #page: Page<T> | undefined;
  #cursor: string | undefined;
  #index = 0;
  #ended: boolean;

  constructor(
    private readonly source: Source<T>,
    place: Place | undefined,
  ) {
    this.name = source.name;
    this.#ended = place === "end";
    if (place === undefined || place === "end") return;
    this.#cursor = place[0] ?? undefined;
    this.#index = place[1];
  }

  get head(): T | undefined {
    return this.#page?.items[this.#index];
  }

  get place(): Place {
    return this.#ended ? "end" : [this.#cursor ?? null, this.#index];
  }

  take(): T | undefined {
    const { head } = this;
    this.#index++;
    return head;
  }

  async fill(onFailure: (reason: string) => void): Promise<void> {
    while (!this.#ended && this.head === undefined) {
      if (this.#page !== undefined && !this.#turn(this.#page)) return;
      try {
        this.#page = await this.source.page(this.#cursor);
      } catch (error) {
        this.#ended = true;
        onFailure(thrownMessage(error));
      }
    }
  }

  /** Reads the next page; false after the last. */
  #turn({ cursor }: Page<T>): boolean {
    this.#page = undefined;
    if (cursor === undefined) {
      this.#ended = true;
      return false;
    }
    this.#cursor = cursor;
    this.#index = 0;
    return true;
  }
}

export function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

export function decodePosition(text: string | undefined): Position | undefined {
  if (text === undefined) return undefined;
  try {
    const { until, places } = JSON.parse(Buffer.from(text, "base64url").toString()) as {
      until?: unknown;
      places?: unknown;
    };
    if (!isObject(places) || !Object.values(places).every(isPlace)) throw new SyntaxError();
    if (until !== undefined && !Number.isSafeInteger(until)) throw new SyntaxError();
    return { ...(until === undefined ? {} : { until: until as number }), places: places as Position["places"] };
  } catch {
    throw new InputProblem("cursor", "is not one that this dashboard gave");
  }
}

function isPlace(place: unknown): place is Place {
  if (place === "end") return true;
  if (!Array.isArray(place) || place.length !== 2) return false;
  return (place[0] === null || typeof place[0] === "string") && Number.isSafeInteger(place[1]) && place[1] >= 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
