import { expect, test } from "@jest/globals";
import { isFresh } from "../../tools/bundle-dashboard.js";

test("the committed assets are those of the sources; else: npm run generate", async () => {
  expect(await isFresh()).toBe(true);
});
