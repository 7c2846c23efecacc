import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { describe, expect, it } from "@jest/globals";
import { descriptorSetBase64 } from "../src/gen/descriptor-set.js";
import {
  Answer,
  Article,
  ArticleResponse,
  Call,
  CountUpdatesRequest,
  CountUpdatesResponse,
  Failure,
  FeedMode,
  Reason,
  Reply,
  StreamRecommendationsRequest,
  StreamRecommendationsResponse,
  Track,
  UserRequest,
} from "../src/index.js";

/**
 * The bytes on the wire, written down once: whoever changes them breaks a caller that is already deployed.
 * A new message gets its files with `HEADLINE_WRITE_GOLDENS=1 npm test -- golden`; existing ones are never rewritten.
 */
const folder = fileURLToPath(new URL("golden/", import.meta.url));
const protos = fileURLToPath(new URL("../../../proto/", import.meta.url));

interface Fns<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  fromJSON(json: unknown): T;
  toJSON(message: T): unknown;
}
interface Golden {
  readonly message: unknown;
  readonly fns: Fns<never>;
  /** The way into a request or response of a method, as field numbers from the outside in. */
  readonly path: readonly number[];
  readonly within: { readonly method: string; readonly side: "request" | "response" };
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const BEYOND_DOUBLE = 9_007_199_254_740_993n;

const track = { click: "c.1", collect: "c.2", read: "r.4", liking: "l.5" };
const article = { articleId: BEYOND_DOUBLE, track };
const response: ArticleResponse = {
  exposure: "exposure.token",
  timeStamp: 1_767_225_600_123n,
  recommends: [article, { articleId: INT64_MAX, track: undefined }, { articleId: INT64_MIN, track: Track.create() }],
};
const request = { userId: BEYOND_DOUBLE, channelId: 7, articleNum: 10, timeStamp: 1_767_225_600_123n };
const call: Call = {
  id: 4_294_967_295,
  request,
  timeoutMs: 300,
  dryRun: true,
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};
const answer: Answer = {
  response,
  mode: FeedMode.COALESCED,
  stamp: 1_767_225_600_124n,
  algo: "ftrl-b",
  reasons: [Reason.HOT, Reason.EXPLORE, Reason.UNSPECIFIED],
  without: [],
};
const failure: Failure = { code: 8, message: "忙" };

const unaryRequest = { method: "user_recommend", side: "request" } as const;
const unaryResponse = { method: "user_recommend", side: "response" } as const;
const streamRequest = { method: "StreamRecommendations", side: "request" } as const;
const streamResponse = { method: "StreamRecommendations", side: "response" } as const;

const goldens: Record<string, Golden> = {
  "user-request": golden(UserRequest, request, unaryRequest),
  "user-request.nobody": golden(UserRequest, UserRequest.create(), unaryRequest),
  "user-request.guest": golden(UserRequest, { userId: -5n, channelId: -1, articleNum: 0, timeStamp: 0n }, unaryRequest),
  "user-request.largest": golden(UserRequest, { ...request, userId: INT64_MAX, timeStamp: INT64_MIN }, unaryRequest),
  track: golden(Track, track, unaryResponse, [3, 2]),
  article: golden(Article, article, unaryResponse, [3]),
  "article-response": golden(ArticleResponse, response, unaryResponse),
  call: golden(Call, call, streamRequest, [1]),
  "stream-recommendations-request": golden(
    StreamRecommendationsRequest,
    { calls: [call, Call.create({ id: 1 })] },
    streamRequest,
  ),
  answer: golden(Answer, answer, streamResponse, [1, 2]),
  failure: golden(Failure, failure, streamResponse, [1, 3]),
  "reply.answer": golden(Reply, { id: 1, outcome: { $case: "answer", answer } }, streamResponse, [1]),
  "reply.failure": golden(Reply, { id: 2, outcome: { $case: "failure", failure } }, streamResponse, [1]),
  "stream-recommendations-response": golden(
    StreamRecommendationsResponse,
    {
      replies: [
        { id: 1, outcome: { $case: "answer", answer } },
        { id: 2, outcome: { $case: "failure", failure } },
        { id: 3, outcome: undefined },
      ],
    },
    streamResponse,
  ),
  "count-updates-request": golden(
    CountUpdatesRequest,
    { userId: BEYOND_DOUBLE, channelId: 3, since: INT64_MAX },
    { method: "CountUpdates", side: "request" },
  ),
  "count-updates-response": golden(CountUpdatesResponse, { count: 100 }, { method: "CountUpdates", side: "response" }),
};

function golden<T>(fns: Fns<T>, message: T, within: Golden["within"], path: readonly number[] = []): Golden {
  return { fns: fns as unknown as Fns<never>, message, path, within };
}

if (process.env["HEADLINE_WRITE_GOLDENS"]) {
  mkdirSync(folder, { recursive: true });
  const there = new Set(readdirSync(folder));
  for (const [name, { fns, message }] of Object.entries(goldens)) {
    if (there.has(`${name}.bin`)) continue;
    writeFileSync(join(folder, `${name}.bin`), fns.encode(message as never).finish());
    writeFileSync(join(folder, `${name}.golden.json`), `${JSON.stringify(fns.toJSON(message as never), null, 2)}\n`);
  }
}

const loaded = loadSync(["user_recommend.proto", "headline/recommend/v1/recommend.proto"], {
  includeDirs: [protos],
  keepCase: true,
  longs: String,
  enums: String,
});

function loadedMethod(name: string): MethodDefinition<object, object> {
  for (const service of [loaded["UserRecommend"], loaded["headline.recommend.v1.RecommendService"]]) {
    const method = (service as Record<string, MethodDefinition<object, object>>)[name];
    if (method) return method;
  }
  throw new Error(`proto-loader knows no ${name}`);
}

describe.each(Object.entries(goldens))("golden %s", (name, { fns, message, path, within }) => {
  const bytes = readFileSync(join(folder, `${name}.bin`));

  it("decodes with the generated code to what it was made of, and encodes to the same bytes", () => {
    const decoded = fns.decode(bytes);
    expect(decoded).toEqual(message);
    expect(Buffer.from(fns.encode(decoded).finish())).toEqual(bytes);
  });

  it("reads as the JSON beside it", () => {
    const json: unknown = JSON.parse(readFileSync(join(folder, `${name}.golden.json`), "utf8"));
    expect(fns.toJSON(fns.decode(bytes))).toEqual(json);
    expect(Buffer.from(fns.encode(fns.fromJSON(json)).finish())).toEqual(bytes);
  });

  it("decodes with proto-loader, and encodes to the same bytes", () => {
    const method = loadedMethod(within.method);
    const wrapped = path.reduceRight<Buffer>((inner, field) => lengthDelimited(field, inner), bytes);
    const [decode, encode] =
      within.side === "request"
        ? [method.requestDeserialize, method.requestSerialize]
        : [method.responseDeserialize, method.responseSerialize];
    expect(encode(decode(wrapped))).toEqual(wrapped);
  });
});

describe("ids beyond 2^53", () => {
  it("survive both decoders exactly", () => {
    const bytes = readFileSync(join(folder, "article-response.bin"));
    expect(ArticleResponse.decode(bytes).recommends.map(({ articleId }) => articleId)).toEqual([
      BEYOND_DOUBLE,
      INT64_MAX,
      INT64_MIN,
    ]);
    const decoded = loadedMethod("user_recommend").responseDeserialize(bytes) as {
      recommends: { article_id: string }[];
    };
    expect(decoded.recommends.map(({ article_id }) => article_id)).toEqual([
      "9007199254740993",
      "9223372036854775807",
      "-9223372036854775808",
    ]);
  });
});

describe("Track's field 3, once share", () => {
  const bytes = readFileSync(join(folder, "track.bin"));
  const old = Buffer.concat([lengthDelimited(3, Buffer.from("an old share token")), bytes]);

  it("is skipped when an old peer still sends it", () => {
    expect(Track.decode(old)).toEqual(track);
    const article = lengthDelimited(3, lengthDelimited(2, old));
    const decoded = loadedMethod("user_recommend").responseDeserialize(article);
    expect(decoded).toEqual({ recommends: [{ track }] });
  });

  it("is reserved by number and by name", () => {
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64"));
    const message = set.file.flatMap(({ messageType }) => messageType).find(({ name }) => name === "Track");
    expect(message?.reservedRange).toMatchObject([{ start: 3, end: 4 }]);
    expect(message?.reservedName).toEqual(["share"]);
  });
});

it("every golden file belongs to a case", () => {
  const expected = Object.keys(goldens).flatMap((name) => [`${name}.bin`, `${name}.golden.json`]);
  expect(readdirSync(folder).sort()).toEqual(expected.sort());
});

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes]);
}
