import { counterNames, type StatisticsDefinition } from "./definition.js";

export interface CorrectionReport {
  readonly statistics: readonly StatisticsReport[];
  /** False when something could not be checked in Redis, or not be repaired: it is left to the next run. */
  readonly complete: boolean;
  readonly tookMs: number;
}

export interface StatisticsReport {
  /** The definition's name. */
  readonly name: string;
  /** Subjects whose row was compared with what it counts. */
  readonly membersChecked: number;
  /** Subjects whose value in Redis was compared with their row; fewer than `membersChecked` when Redis was away. */
  readonly membersCheckedInRedis: number;
  /** Subjects that Redis had nothing of, which is not wrong. */
  readonly missingInRedis: number;
  /** Wrong counts that could not be repaired. */
  readonly unrepaired: number;
  readonly counters: Readonly<Record<string, CounterReport>>;
  readonly tookMs: number;
}

export interface CounterReport {
  /** Rows whose count was not what they count. */
  readonly wrongInMysql: number;
  /** Values whose count was not their row's, those that were merely old included. */
  readonly wrongInRedis: number;
  /** Of those in Redis, those that were right once: a newer one never arrived. */
  readonly staleInRedis: number;
  /** Largest difference, upwards or downwards; unreadable values have none. */
  readonly largestError: number;
  readonly repaired: number;
}

type Counting<T> = { -readonly [Key in keyof T]: T[Key] };

/** Counts what the correction of one definition finds. */
export class Tally<Name extends string> {
  readonly #startedMs = performance.now();
  readonly #counters: Readonly<Record<Name, Counting<CounterReport>>>;
  readonly #seen = { membersChecked: 0, membersCheckedInRedis: 0, missingInRedis: 0, unrepaired: 0 };

  constructor(private readonly definition: StatisticsDefinition<Name>) {
    const nothing = (): CounterReport => ({
      wrongInMysql: 0,
      wrongInRedis: 0,
      staleInRedis: 0,
      largestError: 0,
      repaired: 0,
    });
    const counters = counterNames(definition).map((name) => [name, nothing()]);
    this.#counters = Object.fromEntries(counters) as Record<Name, Counting<CounterReport>>;
  }

  get membersChecked(): number {
    return this.#seen.membersChecked;
  }

  checked(members: number): void {
    this.#seen.membersChecked += members;
  }

  checkedInRedis(members: number, missing: number): void {
    this.#seen.membersCheckedInRedis += members;
    this.#seen.missingInRedis += missing;
  }

  found(where: "mysql" | "redis" | "stale", name: Name, error: number, repaired: boolean): void {
    const counter = this.#counters[name];
    if (where === "mysql") counter.wrongInMysql += 1;
    else counter.wrongInRedis += 1;
    if (where === "stale") counter.staleInRedis += 1;
    counter.largestError = Math.max(counter.largestError, Math.abs(error));
    if (repaired) counter.repaired += 1;
    else this.#seen.unrepaired += 1;
  }

  report(): StatisticsReport {
    return {
      name: this.definition.name,
      ...this.#seen,
      counters: structuredClone(this.#counters),
      tookMs: performance.now() - this.#startedMs,
    };
  }
}
