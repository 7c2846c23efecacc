import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  BatchSigner,
  openTrackKeys,
  TOKENS_BYTES,
  type TrackKeys,
  type TrackKind,
  type TrackPayload,
  verifyExposureToken,
  verifyTrackToken,
} from "./index.js";

const keys = openTrackKeys("a secret of more than thirty-two bytes");
const nowMs = 1_790_000_000_000;
const payload = {
  userId: -9_007_199_254_740_993n,
  articleId: 9_223_372_036_854_775_807n,
  channelId: 101,
  stamp: nowMs - 5,
  expiresAtSeconds: nowMs / 1_000 + 60,
  reason: 2,
  bucket: 1,
  position: 9,
};
const signArticle = (by: TrackKeys, { articleId, reason, position, ...batch }: TrackPayload) =>
  new BatchSigner(by, batch).article(articleId, reason, position);
const signExposure = (by: TrackKeys, batch: TrackPayload) => new BatchSigner(by, batch).exposure();
const kinds: TrackKind[] = ["click", "collect", "read", "liking"];

test("tokens written as bytes are the members that JSON would have, and the exposure names the same articles", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const byte = fc.integer({ min: 0, max: 255 });
  const batch = fc.record({
    userId: int64,
    channelId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    stamp: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    expiresAtSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    bucket: byte,
  });
  const articles = fc.array(fc.record({ articleId: int64, reason: byte, position: byte }), { maxLength: 5 });
  fc.assert(
    fc.property(batch, articles, fc.nat(20), (bound, served, at) => {
      const [signer, writer] = [new BatchSigner(keys, bound), new BatchSigner(keys, bound)];
      for (const article of served) {
        const tokens = signer.article(article.articleId, article.reason, article.position);
        const into = Buffer.alloc(at + TOKENS_BYTES + 1, "x");
        writer.write(into, at, article);
        expect(into.toString("latin1")).toBe(`${"x".repeat(at)}${JSON.stringify(tokens).slice(1, -1)}x`);
      }
      expect(writer.exposure(served)).toBe(signer.exposure());
    }),
  );
});

test("the README's example holds", () => {
  const batch = { userId: 7n, channelId: 0, stamp: 1_795_217_000_123, expiresAtSeconds: 1_795_303_400, bucket: 1 };
  const signer = new BatchSigner(keys, batch);
  const { click } = signer.article(97n, 1, 0);
  expect(click).toHaveLength(67);
  expect(verifyTrackToken(keys, "click", click, batch.stamp)).toMatchObject({
    ok: true,
    payload: { userId: 7n, articleId: 97n },
  });
  expect(verifyTrackToken(keys, "liking", click, batch.stamp)).toEqual({ ok: false, reason: "wrong signature" });
  expect(verifyExposureToken(keys, signer.exposure(), batch.stamp)).toMatchObject({
    ok: true,
    served: [{ articleId: 97n, reason: 1, position: 0 }],
  });
});

describe("a track token", () => {
  test("says what it was signed for, ids beyond 2^53 included", () => {
    expect(verifyTrackToken(keys, "click", signArticle(keys, payload).click, nowMs)).toEqual({ ok: true, payload });
  });

  test("of one kind is worth nothing as another", () => {
    const tokens = signArticle(keys, payload);
    for (const signed of kinds) {
      for (const claimed of [...kinds, "exposure"] as TrackKind[]) {
        const { ok } = verifyTrackToken(keys, claimed, tokens[signed as "click"], nowMs);
        expect([signed, claimed, ok]).toEqual([signed, claimed, signed === claimed]);
      }
    }
    const exposure = signExposure(keys, payload);
    expect(verifyTrackToken(keys, "exposure", exposure, nowMs).ok).toBe(true);
    for (const kind of kinds) expect(verifyTrackToken(keys, kind, exposure, nowMs).ok).toBe(false);
  });

  test("changed in any character is worth nothing", () => {
    const { click } = signArticle(keys, payload);
    for (let at = 0; at < click.length; at += 1) {
      const changed = click.slice(0, at) + (click[at] === "A" ? "B" : "A") + click.slice(at + 1);
      const verdict = verifyTrackToken(keys, "click", changed, nowMs);
      expect([at, verdict.ok]).toEqual([at, false]);
    }
  });

  test("of an exposure names the articles signed before it, and no character of it can be changed", () => {
    const { articleId, reason, position, ...batch } = payload;
    const signer = new BatchSigner(keys, batch);
    const served = [
      { articleId, reason, position },
      { articleId: 7n, reason: 255, position: 49 },
    ];
    for (const article of served) signer.article(article.articleId, article.reason, article.position);
    const exposure = signer.exposure();
    expect(verifyExposureToken(keys, exposure, nowMs)).toMatchObject({ ok: true, served });
    const changes = Array.from(exposure, (character, at) => [at, character === "A" ? "B" : "A"] as const);
    for (const [at, character] of changes) {
      const changed = exposure.slice(0, at) + character + exposure.slice(at + 1);
      expect([at, verifyExposureToken(keys, changed, nowMs).ok]).toEqual([at, false]);
    }
    const [head, kid, text = "", tag] = exposure.split(".");
    const shorter = [head, kid, Buffer.from(text, "base64url").subarray(0, 46).toString("base64url"), tag].join(".");
    expect(verifyExposureToken(keys, shorter, nowMs)).toEqual({ ok: false, reason: "wrong signature" });
  });

  test("ends", () => {
    expect(verifyTrackToken(keys, "click", signArticle(keys, payload).click, nowMs + 60_000)).toEqual({
      ok: false,
      reason: "expired",
    });
  });

  test("outlives a rotation and not the removal of its key", () => {
    const { click } = signArticle(keys, payload);
    const rotated = openTrackKeys(
      "another secret of more than thirty-two bytes",
      "a secret of more than thirty-two bytes",
    );
    expect(verifyTrackToken(rotated, "click", click, nowMs).ok).toBe(true);
    const removed = openTrackKeys("another secret of more than thirty-two bytes");
    expect(verifyTrackToken(removed, "click", click, nowMs)).toEqual({ ok: false, reason: "unknown key" });
  });

  test("is not made with a short secret", () => {
    expect(() => openTrackKeys("short")).toThrow("at least 32 bytes");
  });
});
