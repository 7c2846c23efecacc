import { expect, test } from "@jest/globals";
import { startJobsProcess } from "../../gateway/test/service-process.js";
import { bearer, client, eventually, openWorld } from "./open-world.js";

const WRONG_CLOCK = new URL("./fixtures/wrong-clock.mjs", import.meta.url).href;
const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 4_000;

const CLOCKS = {
  "is two hours ahead": { CLOCK_OFF_MS: String(2 * HOUR_MS) },
  "is two hours behind": { CLOCK_OFF_MS: String(-2 * HOUR_MS) },
  "jumps an hour ahead while it waits": { JUMP_MS: String(HOUR_MS), JUMP_AFTER_MS: "3000" },
  "is set back by an hour while it waits": { JUMP_MS: String(-HOUR_MS), JUMP_AFTER_MS: "3000" },
};

/** Delay with which a job service of that clock cancelled an order, ms. */
async function latenessUnder(clock: Record<string, string>): Promise<number> {
  await using world = await openWorld();
  const author = await world.addUser("author");
  const gateway = await world.openGateway({
    recommenderAddress: "127.0.0.1:1",
    promotionTerms: { timeoutMs: TIMEOUT_MS },
  });
  const shop = client(gateway, await bearer(author));
  await using _jobs = await startJobsProcess(world, { NODE_OPTIONS: `--import ${WRONG_CLOCK}`, ...clock });
  const [articleId] = await world.addArticles(1, { authorId: author });
  const { body } = await shop.post("/orders", { article_id: String(articleId) });
  return await eventually(
    async () => {
      const { status, expires_at, cancelled_at } = (await shop.get(`/orders/${body.data.order_id}`)).body.data;
      expect(status).toBe("cancelled");
      return Date.parse(cancelled_at) - Date.parse(expires_at);
    },
    { everyMs: 100 },
  );
}

/** All clocks at the same time: most of it is waiting. */
test("an order is cancelled at its time by the clock of the database, whatever the clock of the job service", async () => {
  await Promise.all(
    Object.entries(CLOCKS).map(async ([name, clock]) => {
      const lateMs = await latenessUnder(clock);
      expect([name, lateMs >= 0]).toEqual([name, true]);
      expect([name, lateMs < HOUR_MS / 2]).toEqual([name, true]); // and not by the wrong clock
    }),
  );
});
