import { inFull } from "@headline/testkit";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { decodeResponse, encodeResponse } from "./codec.js";
import { Reply, StreamRecommendationsResponse } from "./gen/headline/recommend/v1/recommend.js";

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const int64 = fc.oneof(
  fc.bigInt(INT64),
  fc.constantFrom(0n, -1n, INT64.min, INT64.max, 2n ** 53n + 1n, 2n ** 28n, 2n ** 32n, 127n),
);
const uint32 = fc.oneof(fc.integer({ min: 0, max: 0xff_ff_ff_ff }), fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31));
const int32 = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_."), maxLength: 200 });
const text = fc.oneof(
  { weight: 6, arbitrary: token },
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: fc.constantFrom("é", "ÿ", "\x7f", "\x80", "忙", "😀") }),
);
const track = fc.record({ click: text, collect: text, read: text, liking: text });
const article = fc.record({ articleId: int64, track: fc.option(track, { nil: undefined }) });
const response = fc.record({ exposure: text, timeStamp: int64, recommends: fc.array(article, { maxLength: 12 }) });
const answer = fc.record({
  response: fc.option(response, { nil: undefined, freq: 8 }),
  mode: int32,
  stamp: int64,
  algo: text,
  reasons: fc.array(int32, { maxLength: 50 }),
  tokenParts: fc.option(
    fc.record({
      bucket: uint32,
      expiresAt: uint32,
      confirmable: fc.boolean(),
      positions: fc.array(uint32, { maxLength: 5 }),
    }),
    { nil: undefined },
  ),
  without: fc.oneof({ weight: 6, arbitrary: fc.constant<number[]>([]) }, fc.array(int32, { maxLength: 4 })),
});
const outcome = fc.oneof(
  { weight: 6, arbitrary: answer.map((each) => ({ $case: "answer" as const, answer: each })) },
  fc.record({ code: uint32, message: text }).map((failure) => ({ $case: "failure" as const, failure })),
  fc.constant(undefined),
);
const message = fc.record({ replies: fc.array(fc.record({ id: uint32, outcome }), { maxLength: 8 }) });

const generated = (value: StreamRecommendationsResponse) =>
  Buffer.from(StreamRecommendationsResponse.encode(value).finish());

const generatedDecode = (bytes: Buffer) => StreamRecommendationsResponse.decode(bytes);

const page = (token: string, tokenParts?: { expiresAt: number }) => {
  const track = token === "" ? undefined : { click: token, collect: token, read: token, liking: token };
  const recommends = Array.from({ length: 10 }, (_, at) => ({
    articleId: 7_000_000_000_000_000_001n + BigInt(at),
    track,
  }));
  const response = { exposure: token.repeat(3), timeStamp: 1_700_000_000_000n, recommends };
  const parts = tokenParts && { bucket: 2, confirmable: true, positions: [], ...tokenParts };
  const rest = { mode: 1, stamp: 1_700_000_000_001n, algo: "learned", reasons: Array(10).fill(1), without: [] };
  return encodeResponse({
    replies: [{ id: 9, outcome: { $case: "answer", answer: { response, ...rest, tokenParts: parts } } }],
  });
};

describe("the tuned codec", () => {
  it("takes a tenth of the bytes for a page without tokens", () => {
    expect(page("x".repeat(67)).length).toBeGreaterThan(3_000);
    expect(page("", { expiresAt: 1_700_086_400 }).length).toBeLessThan(230);
  });

  it("writes the bytes that the generated code writes", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(encodeResponse(value).equals(generated(value))).toBe(true);
      }),
      { numRuns: inFull(100, 1_000), interruptAfterTimeLimit: 10_000 },
    );
  });

  it("reads what the generated code reads", () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = generated(value);
        expect(decodeResponse(bytes)).toEqual(StreamRecommendationsResponse.decode(bytes));
      }),
      { numRuns: inFull(100, 1_000), interruptAfterTimeLimit: 10_000 },
    );
  });

  it("reads bytes that nobody's encoder wrote as the generated code does, or refuses them with it", () => {
    const mutation = fc.record({ place: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.boolean() });
    const outcomeOf = (decode: (bytes: Buffer) => unknown, bytes: Buffer) => {
      try {
        return decode(bytes);
      } catch {
        return "refused";
      }
    };
    fc.assert(
      fc.property(message, fc.array(mutation, { minLength: 1, maxLength: 4 }), (value, mutations) => {
        let bytes = generated(value);
        for (const { place, byte, cut } of mutations) {
          if (bytes.length === 0) break;
          if (cut) bytes = bytes.subarray(0, place % bytes.length);
          else bytes[place % bytes.length] = byte;
        }
        expect(outcomeOf(decodeResponse, bytes)).toEqual(outcomeOf(generatedDecode, bytes));
      }),
      { numRuns: inFull(300, 3_000), endOnFailure: true, interruptAfterTimeLimit: 10_000 },
    );
  });

  it("skips fields it does not know, wherever they stand", () => {
    const answer = { response: undefined, mode: 1, stamp: 5n, algo: "a", reasons: [1], without: [] };
    const outcome = { $case: "answer" as const, answer };
    const known = Buffer.from(Reply.encode({ id: 3, outcome }).finish());
    const unknown = Buffer.from([0xfa, 0x01, 0x03, 0x61, 0xe5, 0x63]); // field 31, three bytes
    for (const reply of [Buffer.concat([unknown, known]), Buffer.concat([known, unknown])]) {
      const bytes = Buffer.concat([unknown, Buffer.from([0x0a, reply.length]), reply, unknown]);
      expect(decodeResponse(bytes)).toEqual({ replies: [{ id: 3, outcome }] });
    }
  });

  it("refuses an id that is no int64, as the generated code does", () => {
    const response = { exposure: "", timeStamp: 2n ** 63n, recommends: [] };
    const answer = { response, mode: 0, stamp: 0n, algo: "", reasons: [], without: [] };
    expect(() => encodeResponse({ replies: [{ id: 1, outcome: { $case: "answer", answer } }] })).toThrow();
  });
});
