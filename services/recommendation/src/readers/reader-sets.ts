import { LRUCache } from "lru-cache";

interface Options<Value extends object> {
  /** Reads one reader's. */
  readonly load: (userId: bigint) => Promise<Value>;
  /** Memory it takes beside its place here, roughly, in bytes. */
  readonly bytesOf: (value: Value) => number;
  readonly bytesMax?: number;
}

/** Memory of all readers of one fact: 50,000 with twenty follows, or with a thousand articles seen by some and fifty by most. */
const BYTES_MAX = 128 * 1024 * 1024;
/** Memory of one reader's place among the others. */
const PLACE_BYTES = 200;

/** Small facts of MySQL by reader, in memory until the change feed invalidates them. */
export class ReaderSets<Value extends object> {
  readonly #values: LRUCache<bigint, Value>;
  readonly #loading = new Map<bigint, Promise<Value>>();

  constructor(private readonly options: Options<Value>) {
    this.#values = new LRUCache({
      maxSize: options.bytesMax ?? BYTES_MAX,
      sizeCalculation: (value) => PLACE_BYTES + options.bytesOf(value),
    });
  }

  /** At once for readers seen lately; a promise when MySQL has to be asked. */
  of(userId: bigint): Value | Promise<Value> {
    return this.#values.get(userId) ?? this.#loading.get(userId) ?? this.#load(userId);
  }

  /** The value in memory; a change to it is seen by all. */
  remembered(userId: bigint): Value | undefined {
    return this.#values.get(userId);
  }

  /** Recounts the memory of a value that was changed in place. */
  reweigh(userId: bigint): void {
    const value = this.#values.get(userId);
    if (value === undefined) return;
    this.#values.delete(userId);
    this.#values.set(userId, value);
  }

  /** Drops the value, and that of a load under way, which was perhaps read before the change. */
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
    loading.then(settle, () => settle(undefined)); // the caller handles the failure
    return loading;
  }
}
