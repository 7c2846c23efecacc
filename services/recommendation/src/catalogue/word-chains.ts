/** No place, and no chain. */
export const NONE = -1;
/** A place that counts for its word, but too many newer ones did when it came. */
const BESIDE = -2;
/** A place whose word did not fit. */
const UNCOUNTED = -3;

const MAPS = 16;

/**
 * For each word the places where it stands, the newest first, as chains through the places themselves: no place costs more
 * than eight bytes, and no word more than some 60. Of each word at most `chainMax` places are chained.
 */
export class WordChains {
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  /** Words have chains, small numbers that are used again; several Maps, because one large one grows at one go. */
  readonly #chainOf = Array.from({ length: MAPS }, () => new Map<number, number>());
  readonly #free: number[] = [];
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  readonly #lengths: Int32Array;
  readonly #counts: Int32Array;
  #chains = 0;

  constructor(
    places: number,
    private readonly wordsMax: number,
    private readonly chainMax: number,
    /** Orders the places of a word: the higher, the newer. */
    private readonly timeOf: (place: number) => number,
  ) {
    this.#older = new Int32Array(places);
    this.#newer = new Int32Array(places);
    this.#heads = new Int32Array(wordsMax);
    this.#tails = new Int32Array(wordsMax);
    this.#lengths = new Int32Array(wordsMax);
    this.#counts = new Int32Array(wordsMax);
  }

  /** Number of words. */
  get words(): number {
    return this.#chains - this.#free.length;
  }

  /** In how many places a word stands, chained or not. */
  count(word: number): number {
    const chain = this.#find(word);
    return chain === NONE ? 0 : (this.#counts[chain] as number);
  }

  /** The newest place of a word, or NONE. */
  newest(word: number): number {
    const chain = this.#find(word);
    return chain === NONE ? NONE : (this.#heads[chain] as number);
  }

  /** The next older place of the same word, or NONE. */
  older(place: number): number {
    return this.#older[place] as number;
  }

  add(place: number, word: number): void {
    const chain = this.#findOrOpen(word);
    if (chain === NONE) {
      this.#older[place] = UNCOUNTED;
      return;
    }
    this.#counts[chain]! += 1;
    const after = this.#newerThan(place, chain);
    if (after !== NONE && after === this.#tails[chain] && this.#lengths[chain] === this.chainMax) {
      this.#older[place] = BESIDE;
      return;
    }
    this.#link(place, after, chain);
    if (this.#lengths[chain]! > this.chainMax) this.#unlink(this.#tails[chain]!, chain, BESIDE);
  }

  remove(place: number, word: number): void {
    if (this.#older[place] === UNCOUNTED) return;
    const chain = this.#find(word);
    if (this.#older[place] !== BESIDE) this.#unlink(place, chain, NONE);
    this.#counts[chain]! -= 1;
    if (this.#counts[chain] !== 0) return;
    this.#mapOf(word).delete(word);
    this.#free.push(chain);
  }

  /** The oldest place that is newer, or NONE: at once for what is newest or oldest, which is nearly everything. */
  #newerThan(place: number, chain: number): number {
    const time = this.timeOf(place);
    const tail = this.#tails[chain]!;
    if (tail !== NONE && this.timeOf(tail) > time) return tail;
    let newer = NONE;
    for (let next = this.#heads[chain]!; next !== NONE && this.timeOf(next) > time; next = this.#older[next]!)
      newer = next;
    return newer;
  }

  #link(place: number, newer: number, chain: number): void {
    const older = newer === NONE ? this.#heads[chain]! : this.#older[newer]!;
    this.#newer[place] = newer;
    this.#older[place] = older;
    if (newer === NONE) this.#heads[chain] = place;
    else this.#older[newer] = place;
    if (older === NONE) this.#tails[chain] = place;
    else this.#newer[older] = place;
    this.#lengths[chain]! += 1;
  }

  #unlink(place: number, chain: number, mark: number): void {
    const [newer, older] = [this.#newer[place]!, this.#older[place]!];
    if (newer === NONE) this.#heads[chain] = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#tails[chain] = newer;
    else this.#newer[older] = newer;
    this.#older[place] = mark;
    this.#lengths[chain]! -= 1;
  }

  #find(word: number): number {
    return this.#mapOf(word).get(word) ?? NONE;
  }

  #findOrOpen(word: number): number {
    const known = this.#find(word);
    if (known !== NONE || this.words === this.wordsMax) return known;
    const chain = this.#free.pop() ?? this.#chains++;
    this.#mapOf(word).set(word, chain);
    this.#heads[chain] = NONE;
    this.#tails[chain] = NONE;
    this.#lengths[chain] = 0;
    this.#counts[chain] = 0;
    return chain;
  }

  #mapOf(word: number): Map<number, number> {
    return this.#chainOf[word & (MAPS - 1)] as Map<number, number>;
  }
}
