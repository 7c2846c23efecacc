import { gunzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { packModel } from "./model-store.js";

const PIECES = 300;

test("packing a model leaves a turn of the loop to others after each piece", async () => {
  let turns = 0;
  let isPacking = true;
  const turn = () => {
    turns += 1;
    if (isPacking) setImmediate(turn);
  };
  const pieces = Array.from({ length: PIECES }, (_, at) => Buffer.alloc(20_000, at));
  const turnsAt: number[] = [];
  function* watched() {
    for (const piece of pieces) {
      turnsAt.push(turns);
      yield piece;
    }
  }
  setImmediate(turn);
  const parts = await packModel(watched());
  isPacking = false;
  expect(turnsAt.every((at, index) => index === 0 || at > (turnsAt[index - 1] as number))).toBe(true);
  expect(gunzipSync(Buffer.concat(parts)).equals(Buffer.concat(pieces))).toBe(true);
});
