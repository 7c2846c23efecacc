import type { Recommendation, Recommender } from "@headline/recommender";
import { inFull, turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { SECOND_CHANCE_MS } from "../src/feed/filters.js";
import { articleChange, articles, ids, insertArticles, openWorld, type World } from "./open-world.js";

const SEED = Number(process.env["PROPERTY_SEED"] ?? Date.now() % 2 ** 31);
const SKEW_MS = 120_000;
const HOUR_MS = 3_600_000;
/** Small enough to be read to its end. */
const SMALL_CHANNEL = 103;
const CHANNELS = [0, 101, SMALL_CHANNEL];
const SKEWS = [
  0,
  1,
  -1,
  1_000,
  -1_000,
  119_000,
  -119_000,
  121_000,
  -121_000,
  HOUR_MS,
  -HOUR_MS,
  9 * 365 * 24 * HOUR_MS,
];

const clock = turnableClock(Date.now());
let world: World;
let clients: Recommender[];
let readers = 5_000n;
let newestArticle = 10_000n;
const small = new Set<bigint>();
const deleted = new Set<bigint>();

beforeAll(async () => {
  world = await openWorld();
  const few = articles(12).map(({ id }) => ({ id: id + 9_000n, channelId: SMALL_CHANNEL, ageMs: HOUR_MS }));
  for (const { id } of few) small.add(id);
  await world.seed([...articles(inFull(1_500, 4_000), { ageMs: HOUR_MS }), ...few]);
  clients = [];
  const patient = { now: clock.now, redisTimeoutMs: 25_000 }; // a call that is made again may have made its batch before
  for (const streaming of [true, false]) clients.push((await world.open({ ...patient, streaming })).client);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A request as the model knows it; `kind` becomes a time_stamp when its turn comes. */
interface Asked {
  readonly reader: number;
  readonly channelId: number;
  readonly kind: "zero" | "now" | "same" | "stamp" | "below" | "between" | "past";
  readonly skewMs: number;
  readonly pick: number;
  readonly size: number;
  readonly times: number;
}

type Step =
  | { readonly do: "ask"; readonly asked: readonly Asked[] }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "publish" | "delete"; readonly pick: number };

const asked: fc.Arbitrary<Asked> = fc.record({
  reader: fc.nat(1),
  channelId: fc.constantFrom(...CHANNELS),
  kind: fc.constantFrom("zero", "now", "now", "now", "same", "same", "stamp", "below", "between", "past"),
  skewMs: fc.constantFrom(...SKEWS),
  pick: fc.nat(1_000),
  size: fc.constantFrom(0, 1, 5, 10),
  times: fc.constantFrom(1, 1, 1, 2, 6),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("ask" as const), asked: fc.tuple(asked) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("ask" as const), asked: fc.array(asked, { minLength: 2, maxLength: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 1, 1_000, 60_000, 121_000, HOUR_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("publish" as const, "delete" as const), pick: fc.nat(1_000) }),
  },
);

/** Batch of the model. */
interface Served {
  readonly stamp: number;
  /** When it was made: its stamp, but for a continued one. */
  readonly madeAt: number;
  readonly timeStamp: number;
  readonly ids: readonly bigint[];
}

/** The table, row by row, over all batches of one reader and channel. */
function tableSays(batches: readonly Served[], t: number, now: number): "new" | { batch: Served | undefined } {
  const newest = Math.max(...batches.map(({ stamp }) => stamp), 0);
  const stamped = batches.find(({ stamp }) => stamp === t);
  const retried = batches.filter(({ timeStamp }) => timeStamp === t).at(-1);
  if (t === 0 || batches.length === 0) return "new";
  if (stamped) return { batch: stamped };
  if (t === below(batches)) return "new";
  if (t > now + SKEW_MS) return retried && now - retried.stamp <= SKEW_MS ? { batch: retried } : "new";
  if (retried) return { batch: retried };
  if (t > newest) return "new";
  if (Math.abs(now - t) <= SKEW_MS) return "new";
  return { batch: batches.filter(({ stamp }) => stamp <= t).at(-1) };
}

/** Where the feed goes on behind the oldest batch. */
function below(batches: readonly Served[]): number {
  const oldest = Math.min(...batches.map(({ stamp }) => stamp));
  for (let t = oldest - 1; ; t -= 1) if (batches.every(({ timeStamp }) => timeStamp !== t)) return t;
}

class Model {
  readonly #batches = new Map<string, Served[]>();
  readonly #lastAsked = new Map<string, number>();
  readonly #userIds = [++readers, -++readers];

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      if (each.do === "ask") await this.#ask(each.asked);
      else if (each.do === "wait") clock.advance(each.ms);
      else if (each.do === "publish") await this.#publish();
      else await this.#delete(each.pick);
    }
    await this.#walkBack();
  }

  async #ask(requests: readonly Asked[]): Promise<void> {
    const calls = requests.flatMap((request) => {
      const key = `${request.reader} ${request.channelId}`;
      const batches = this.#batchesOf(key);
      const before = batches.slice();
      const timeStamp = this.#timeStampOf(key, request);
      this.#lastAsked.set(key, timeStamp);
      const expected = tableSays(before, timeStamp, clock.now());
      return Array.from({ length: request.times }, (_, index) => ({
        request,
        key,
        before,
        timeStamp,
        expected,
        index,
      }));
    });
    const pages = await Promise.all(
      calls.map(({ request, timeStamp, index }) =>
        (clients[(request.pick + index) % 2] as Recommender).recommend({
          userId: this.#userIds[request.reader] as bigint,
          channelId: request.channelId,
          articleNum: request.size,
          timeStamp: BigInt(timeStamp),
        }),
      ),
    );
    const answers = calls.map((call, index) => ({ ...call, page: pages[index] as Recommendation }));
    for (const { key, page, timeStamp } of answers) {
      const stamp = Number(page.stamp);
      const isNew = page.mode === "refresh" || page.mode === "continued";
      if (!isNew || this.#batchesOf(key).some((batch) => batch.stamp === stamp)) continue;
      const madeAt = page.mode === "refresh" ? stamp : clock.now();
      this.#record(key, { stamp, madeAt, timeStamp, ids: ids(page) });
    }
    for (const answer of answers) this.#check(answer);
  }

  #record(key: string, served: Served): void {
    const [reader] = key.split(" ");
    for (const [other, batches] of this.#batches) {
      if (other.split(" ")[0] !== reader) continue;
      for (const batch of batches) {
        if (other === key) expect(served.stamp).not.toBe(batch.stamp);
        const isContinued = served.madeAt !== served.stamp;
        if (!isContinued && served.madeAt - batch.madeAt >= SECOND_CHANCE_MS) continue; // it was not confirmed as seen
        expect(served.ids.filter((id) => batch.ids.includes(id))).toEqual([]);
      }
    }
    const batches = this.#batchesOf(key);
    batches.push(served);
    batches.sort((a, b) => a.stamp - b.stamp);
  }

  #check({ key, before, expected, page, timeStamp, request }: Answer): void {
    const batches = this.#batchesOf(key);
    const made = batches.filter((batch) => !before.includes(batch));
    if (expected === "new" && page.mode === "history") {
      // Of what is asked at once, one may come after another has made its batch.
      const after = tableSays(batches, timeStamp, clock.now());
      expect(page.stamp).toBe(after === "new" ? "none is new" : BigInt(after.batch?.stamp ?? 0));
      return;
    }
    if (page.mode === "exhausted") {
      expect(expected).toBe("new");
      expect(request.channelId).toBe(SMALL_CHANNEL);
      expect(this.#left(request.reader)).toEqual([]);
      const isBelow = batches.length > 0 && timeStamp === below(batches);
      const goesOn = isBelow ? 0 : (batches.at(-1)?.stamp ?? 0);
      expect(page).toMatchObject({ recommends: [], stamp: 0n, timeStamp: BigInt(goesOn) });
      return;
    }
    if (page.mode === "continued") {
      expect(Number(page.stamp)).toBe(timeStamp);
    } else if (expected === "new") {
      expect(["refresh", "coalesced", "replay"]).toContain(page.mode);
      expect(made.map(({ stamp }) => stamp)).toContain(Number(page.stamp));
      if (timeStamp !== 0) {
        const own = made.filter((batch) => batch.timeStamp === timeStamp);
        expect(own.length).toBeLessThanOrEqual(1);
      }
    } else if (expected.batch === undefined) {
      expect(page).toMatchObject({ mode: "history", recommends: [], timeStamp: 0n, stamp: 0n });
      return;
    } else {
      expect(["replay", "history"]).toContain(page.mode);
      expect(Number(page.stamp)).toBe(expected.batch.stamp);
    }
    const served = batches.find(({ stamp }) => stamp === Number(page.stamp));
    const above = batches.filter(({ stamp }) => stamp > Number(page.stamp)).flatMap((batch) => batch.ids);
    const expectedIds = served?.ids.filter((id) => notDeleted(id) && (made.length > 0 || !above.includes(id)));
    expect(ids(page).filter(notDeleted)).toEqual(expectedIds);
    const previous = batches.filter(({ stamp }) => stamp < Number(page.stamp)).at(-1)?.stamp ?? below(batches);
    expect(Number(page.timeStamp)).toBe(previous);
    if (page.mode === "history") expect(page.exposure).toBe("");
  }

  async #walkBack(): Promise<void> {
    for (const [key, batches] of this.#batches) {
      const [reader, channelId] = key.split(" ").map(Number) as [number, number];
      const visited: number[] = [];
      const shown: bigint[] = [];
      const pagesMax = batches.length + 2;
      for (let next = batches.at(-1)?.stamp ?? 0; next !== 0 && visited.length < pagesMax; ) {
        const page = await (clients[visited.length % 2] as Recommender).recommend({
          userId: this.#userIds[reader] as bigint,
          channelId,
          articleNum: 10,
          timeStamp: BigInt(next),
        });
        visited.push(Number(page.stamp));
        shown.push(...ids(page));
        next = Number(page.timeStamp);
      }
      expect(visited.slice(0, batches.length)).toEqual(batches.map(({ stamp }) => stamp).reverse());
      expect(new Set(shown).size).toBe(shown.length);
    }
  }

  async #publish(): Promise<void> {
    newestArticle += 1n;
    const ageMs = Date.now() - clock.now();
    await world.change([insertArticles([{ id: newestArticle, ageMs }])], articleChange(newestArticle, 1));
  }

  async #delete(pick: number): Promise<void> {
    const served = [...this.#batches.values()].flat().flatMap((batch) => batch.ids);
    const id = served[pick % Math.max(served.length, 1)];
    if (id === undefined || small.has(id)) return;
    deleted.add(id);
    await world.change([`UPDATE articles SET status = 2 WHERE id = ${id}`], articleChange(id));
  }

  #timeStampOf(key: string, { kind, skewMs, pick }: Asked): number {
    const batches = this.#batchesOf(key);
    const chosen = batches[pick % Math.max(batches.length, 1)]?.stamp ?? clock.now();
    if (kind === "zero") return 0;
    if (kind === "same") return this.#lastAsked.get(key) ?? clock.now();
    if (kind === "stamp") return chosen;
    if (kind === "below" && batches.length > 0) return below(batches);
    if (kind === "between") return Math.max(chosen + pick, 1);
    if (kind === "past") return 1 + pick;
    return clock.now() + skewMs;
  }

  #batchesOf(key: string): Served[] {
    const batches = this.#batches.get(key) ?? [];
    this.#batches.set(key, batches);
    return batches;
  }

  /** Articles of the small channel that the reader has not been served. */
  #left(reader: number): bigint[] {
    const served = [...this.#batches].filter(([key]) => key.startsWith(`${reader} `)).flatMap(([, batches]) => batches);
    return [...small].filter((id) => !served.some((batch) => batch.ids.includes(id)));
  }
}

interface Answer {
  readonly key: string;
  readonly before: readonly Served[];
  readonly expected: ReturnType<typeof tableSays>;
  readonly page: Recommendation;
  readonly timeStamp: number;
  readonly request: Asked;
}

const notDeleted = (id: bigint) => !deleted.has(id);

test(`whatever readers ask, of two servers, in any order and at once, the table holds (PROPERTY_SEED=${SEED})`, async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) =>
    new Model().run(steps),
  );
  await fc.assert(property, {
    seed: SEED,
    numRuns: inFull(8, 60),
    endOnFailure: true,
  });
});
