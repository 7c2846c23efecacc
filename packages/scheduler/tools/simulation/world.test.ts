import { hasTime } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { playWorld } from "./world.js";

/** A fixed set, more of it in `npm run test:long`; `npm run simulate -w packages/scheduler` plays a thousand. */
test.each(hasTime ? [1, 2, 3, 5, 8, 13] : [1, 2, 3])(
  "seed %i: kills, pauses, clock steps and failing calls break no promise",
  async (seed) => {
    const report = await playWorld({ seed, minutes: 10 });
    expect(report.violations).toEqual([]);
    expect(report.kills + report.pauses).toBeGreaterThan(5);
    expect(report.effects).toBeGreaterThan(100);
  },
);

test("the same seed plays the same world", async () => {
  const [first, second, other] = [
    await playWorld({ seed: 42, minutes: 3 }),
    await playWorld({ seed: 42, minutes: 3 }),
    await playWorld({ seed: 43, minutes: 3 }),
  ];
  expect(second).toEqual(first);
  expect(other.digest).not.toBe(first.digest);
});
