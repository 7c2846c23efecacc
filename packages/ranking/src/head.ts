import type { ExampleBuffer } from "./example-buffer.js";
import { addPredictions, type ForestNodes } from "./forest.js";
import { ForestScorer } from "./forest-scorer.js";
import type { GrowOptions, TrainingSet } from "./grow-forest.js";

/** Set that a candidate competes with: one list, or the whole pool. */
export type Among = "list" | "pool";

/** All that growing a forest needs; plain data, so it can be sent to a worker. */
export interface Training {
  readonly among: Among;
  readonly set: TrainingSet;
  readonly options: GrowOptions;
}

/** Lists before the first forest, and the share of new ones after which a forest is grown anew. */
const FIRST_AT = 500;
const NEW_SHARE = 1 / 2;

/** A forest, the examples the next one will be grown from, and when that is due. */
export class Head {
  readonly among: Among;
  readonly buffer: ExampleBuffer;
  readonly #options: GrowOptions;
  #forest: ForestNodes | undefined;
  #scorer: ForestScorer | undefined;
  #generation = 0;
  #newExamples = 0;

  constructor(among: Among, buffer: ExampleBuffer, options: GrowOptions) {
    this.among = among;
    this.buffer = buffer;
    this.#options = options;
  }

  get isGrown(): boolean {
    return this.#forest !== undefined;
  }

  get isDue(): boolean {
    return this.#newExamples >= Math.max(FIRST_AT, this.buffer.size * NEW_SHARE);
  }

  add(example: Parameters<ExampleBuffer["add"]>[0]): void {
    this.buffer.add(example);
    this.#newExamples++;
  }

  /** A copy of the examples, to grow a forest from; the head is not due again until there are new ones. */
  training(): Training {
    this.#newExamples = 0;
    this.#generation++;
    const options = { ...this.#options, seed: this.#options.seed + this.#generation };
    return { among: this.among, set: this.buffer.trainingSet(), options };
  }

  adopt(forest: ForestNodes): void {
    this.#forest = forest;
    this.#scorer = ForestScorer.of(forest, this.buffer.columns);
  }

  /** Writes the forest's sum for each row, taken as float32 like the rows it was grown from; zero before there is a forest. */
  score(rows: Float64Array, scores: Float64Array): void {
    scores.fill(0);
    if (this.#scorer !== undefined) this.#scorer.score(rows, scores);
    else if (this.#forest !== undefined)
      addPredictions(this.#forest, this.#asGrown(rows, scores), this.buffer.columns, scores);
  }

  #asGrown(rows: Float64Array, scores: Float64Array): Float32Array {
    return Float32Array.from(rows.subarray(0, scores.length * this.buffer.columns));
  }

  state() {
    return {
      forest: this.#forest,
      generation: this.#generation,
      newExamples: this.#newExamples,
      examples: this.buffer.state(),
    };
  }

  /** Examples that came after those given to `restore`. */
  restoreExamples(examples: Parameters<ExampleBuffer["restore"]>[0]): void {
    this.buffer.restore(examples);
  }

  restore({ forest, generation, newExamples, examples }: ReturnType<Head["state"]>): void {
    this.#forest = forest;
    this.#scorer = forest && ForestScorer.of(forest, this.buffer.columns);
    this.#generation = generation;
    this.#newExamples = newExamples;
    this.buffer.restore(examples);
  }
}
