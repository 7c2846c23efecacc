import type { MakeTokens } from "@headline/recommender";
import { eventually } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { expect, test } from "@jest/globals";
import { articleChange, articles, ids, newReader, openWorld, TRACK_SECRET } from "./open-world.js";

test("tokens that a caller makes of what the stream says are those that the unary answer brings", async () => {
  await using world = await openWorld();
  await world.seed(articles(60));
  const at = Date.now();
  const { server, client } = await world.open({ now: () => at });
  const keys = openTrackKeys(TRACK_SECRET);
  const positions: number[][] = [];
  const makeTokens: MakeTokens = ({ expiresAt, stamp, confirmable, articles, ...page }) => {
    positions.push(articles.map(({ position }) => position));
    const signer = new BatchSigner(keys, { ...page, stamp: Number(stamp), expiresAtSeconds: expiresAt });
    const tracks = articles.map(({ articleId, reason, position }) => signer.article(articleId, reason, position));
    return { tracks, exposure: confirmable ? signer.exposure() : "" };
  };
  const signing = await world.connect(server, { streaming: true, makeTokens });
  const ask = newReader(client);

  const first = await ask(0, { via: signing });
  expect(first.exposure).toMatch(/^v1\./);
  const again = await ask(first.stamp);
  expect({ ...again, mode: "refresh" }).toEqual(first);

  const gone = ids(first)[3] as bigint;
  await world.change([`UPDATE articles SET status = 2, version = 2 WHERE id = ${gone}`], articleChange(gone));
  const without = await eventually(async () => {
    const page = await ask(first.stamp, { via: signing });
    expect(ids(page)).not.toContain(gone);
    return page;
  });
  expect(positions.at(-1)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  expect(await ask(first.stamp)).toEqual(without);
  expect((await ask(first.timeStamp - 5_000_000n, { via: signing })).recommends).toEqual([]);
});
