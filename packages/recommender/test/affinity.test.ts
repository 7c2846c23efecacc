import { describe, expect, it } from "@jest/globals";
import { connectRecommender, type Recommender } from "../src/index.js";
import { openRecommender, reader, recommendation, until } from "./support.js";

const READERS = Array.from({ length: 60 }, (_, at) => BigInt(at % 2 === 0 ? 1 + at : -1 - at));
const openNamed = (name: string, address = "127.0.0.1:0") =>
  openRecommender(async () => recommendation({ exposure: name }), { address });

/** The server that answered each reader. */
async function homes(recommender: Recommender): Promise<string[]> {
  const answers = await Promise.all(READERS.map((userId) => recommender.recommend({ ...reader, userId })));
  return answers.map(({ exposure }) => exposure);
}

/** A client that has a stream to each of two servers. */
async function connectBoth(address: string): Promise<Recommender> {
  const recommender = connectRecommender({ address, timeoutMs: 20_000 });
  await until(async () => new Set(await homes(recommender)).size === 2);
  return recommender;
}

describe("a reader stays with one server", () => {
  it("call after call and from every client, until that server leaves; the other's readers do not move", async () => {
    await using first = await openNamed("the first");
    await using second = await openNamed("the second");
    const address = `ipv4:${first.address},${second.address}`;
    await using here = await connectBoth(address);
    await using there = await connectBoth(address);
    const before = await homes(here);
    for (let round = 0; round < 3; round++) expect(await homes(here)).toEqual(before);
    expect(await homes(there)).toEqual(before);

    await second.drain();
    expect(await homes(here)).toEqual(READERS.map(() => "the first"));
    await using _again = await openNamed("the second", second.address);
    await until(async () => (await homes(here)).includes("the second"));
    expect(await homes(here)).toEqual(before);
  });
});
