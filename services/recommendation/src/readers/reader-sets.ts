import { LRUCache } from "lru-cache";

interface Options<Value extends object> {
  /** Reads one reader's. */
  readonly load: (userId: bigint) => Promise<Value>;
  /** How many entries it has, for the limit on memory. */
  readonly sizeOf: (value: Value) => number;
}

/** How many entries are remembered, over all readers: some 60 bytes each, and a reader weighs as much as a few. */
const REMEMBERED_MAX = 1_000_000;
const READER_WEIGHT = 5;

/** Something small that MySQL says of readers, remembered until the change feed says otherwise. */
export class ReaderSets<Value extends object> {
  readonly #values: LRUCache<bigint, Value>;
  readonly #loading = new Map<bigint, Promise<Value>>();

  constructor(private readonly options: Options<Value>) {
    this.#values = new LRUCache({
      maxSize: REMEMBERED_MAX,
      sizeCalculation: (value) => READER_WEIGHT + options.sizeOf(value),
    });
  }

  /** At once for readers seen lately; a promise when MySQL has to be asked. */
  of(userId: bigint): Value | Promise<Value> {
    return this.#values.get(userId) ?? this.#loading.get(userId) ?? this.#load(userId);
  }

  /** What is remembered, if anything is: changing it changes what others get. */
  remembered(userId: bigint): Value | undefined {
    return this.#values.get(userId);
  }

  /** What is being loaded was perhaps read before the change, so it is not remembered. */
  forget(userId: bigint): void {
    this.#values.delete(userId);
    this.#loading.delete(userId);
  }

  #load(userId: bigint): Promise<Value> {
    const loading = this.options.load(userId);
    this.#loading.set(userId, loading);
    const settle = (value: Value | undefined) => {
      if (this.#loading.get(userId) !== loading) return;
      this.#loading.delete(userId);
      if (value !== undefined) this.#values.set(userId, value);
    };
    loading.then(settle, () => settle(undefined)); // the failure is the caller's to hear
    return loading;
  }
}
