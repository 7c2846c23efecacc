import { describe, expect, it } from "@jest/globals";
import { connectRecommender } from "../src/index.js";
import { after, openRecommender, reader, recommendation, until } from "./support.js";

/** A server that signs its answers; at the same address when opened again. */
const openNamed = (name: string, address = "127.0.0.1:0") =>
  openRecommender(async () => recommendation({ exposure: name }), { address });

/** The servers that answer 20 readers. */
async function answering(recommender: ReturnType<typeof connectRecommender>): Promise<string> {
  const names = new Set<string>();
  for (let call = 0; call < 20; call++)
    names.add((await recommender.recommend({ ...reader, userId: BigInt(1 + call) })).exposure);
  return [...names].sort().join(" and ");
}

describe("of two servers", () => {
  it("each has a stream, from the start and again after one was away", async () => {
    await using first = await openNamed("the first");
    await using second = await openNamed("the second");
    await using recommender = connectRecommender({
      address: `ipv4:${first.address},${second.address}`,
      timeoutMs: 20_000,
    });
    const both = async () => (await answering(recommender)) === "the first and the second";
    await until(both);
    await second.drain();
    expect(await answering(recommender)).toBe("the first");
    await using _again = await openNamed("the second", second.address);
    await until(both);
  });

  it("one that has just come back is asked as soon as the other leaves, and no call fails", async () => {
    await using first = await openNamed("the first");
    await using second = await openNamed("the second");
    await using recommender = connectRecommender({
      address: `ipv4:${first.address},${second.address}`,
      timeoutMs: 20_000,
    });
    await until(() => recommender.streaming);
    await first.drain();
    // Until the pause between two attempts to connect is at its longest.
    for (let round = 0; round < 30; round++) {
      expect(await answering(recommender)).toBe("the second");
      await after(50);
    }
    await using _again = await openNamed("the first", first.address);
    const gone = second.drain();
    expect(await answering(recommender)).toBe("the first");
    await gone;
  });
});
