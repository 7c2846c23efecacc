import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { RunningGateway } from "../src/open-gateway.js";
import { bearer, client, openWorld, type World } from "./open-world.js";
import { rawRequest } from "./raw-request.js";

const IN_FLIGHT_MAX = 60;
const UNANSWERED_MAX = 32;

let world: World;
let gateway: RunningGateway;
let alice: string;

beforeAll(async () => {
  world = await openWorld();
  alice = await bearer(await world.addUser("alice"));
  await world.addArticles(30);
  const { address: recommenderAddress } = await world.openRecommendation();
  gateway = await world.openGateway({ recommenderAddress, inFlightMax: IN_FLIGHT_MAX, stallTimeoutMs: 4_000 });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (length: number, body: string) =>
  `POST /articles HTTP/1.1\r\nHost: x\r\nAuthorization: ${alice}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;

/** Requests that are whole: answered at once, after asking others, at length, with an error, and not at all by a route. */
const WHOLE = {
  "the feed": () => get("/articles?channel_id=0"),
  "the channels": () => get("/channels"),
  "the document": () => get("/openapi.json"),
  "bad input": () => get("/articles?channel_id=x"),
  nothing: () => get("/nothing"),
  health: () => get("/healthz"),
  "a bad body": () => post(2, "{}"),
  "h2c offered": () =>
    "GET /channels HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
} as const;
/** Bytes after the last whole request. */
const RESTS = {
  none: () => "",
  "half a head": () => "GET /channels HT",
  "half a body": () => post(500, '{"title":'),
  "half a chunk": () => "POST /articles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
  garbage: () => "\u0000\u0001 garbage\r\n\r\n",
  "an upgrade": () =>
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
} as const;
const ENDS = {
  "a reset at once": (socket: Socket) => socket.resetAndDestroy(),
  "a reset after the first bytes of an answer": async (socket: Socket) => {
    await Promise.race([once(socket, "data"), once(socket, "close")]);
    socket.resetAndDestroy();
  },
  "half closed": (socket: Socket) => void socket.resume().end(),
  closed: (socket: Socket) => void socket.destroy(),
  "not reading": (socket: Socket) => void socket.pause(),
  reading: (socket: Socket) => void socket.resume(),
} as const;

const connections = fc.array(
  fc.record({
    requests: fc.array(fc.constantFrom(...(Object.keys(WHOLE) as (keyof typeof WHOLE)[])), { maxLength: 40 }),
    rest: fc.constantFrom(...(Object.keys(RESTS) as (keyof typeof RESTS)[])),
    end: fc.constantFrom(...(Object.keys(ENDS) as (keyof typeof ENDS)[])),
  }),
  { minLength: 4, maxLength: 12 },
);

test("however connections end, nothing of theirs stays in flight and every place is free again", async () => {
  const opened: Socket[] = [];
  try {
    await fc.assert(
      fc.asyncProperty(connections, async (each) => {
        await Promise.all(
          each.map(async ({ requests, rest, end }) => {
            const socket = connect(gateway.port, "127.0.0.1").on("error", () => undefined);
            opened.push(socket);
            await once(socket, "connect");
            socket.write(requests.map((name) => WHOLE[name]()).join("") + RESTS[rest]());
            await ENDS[end](socket);
          }),
        );
      }),
      { numRuns: 12 },
    );
    // A hundred of them pipelined and reset, and as many of a client that reads nothing.
    for (const end of [ENDS["a reset at once"], ENDS["not reading"]]) {
      const socket = connect(gateway.port, "127.0.0.1").on("error", () => undefined);
      opened.push(socket);
      await once(socket, "connect");
      socket.write(WHOLE["the document"]().repeat(100), () => void end(socket));
    }
    await eventually(async () => expect(await inFlight()).toBe(0), { everyMs: 100 });
    await eventually(everyPlaceIsFree);
  } finally {
    for (const socket of opened) socket.destroy();
  }
});

test("of pipelined requests as many as may wait are answered in their order, and the next one ends the connection", async () => {
  const { headers, body } = await rawRequest(gateway.port, get("/channels").repeat(2 * UNANSWERED_MAX));
  const answers = `${headers}\r\n\r\n${body}`.split(/(?=HTTP\/1\.1 )/);
  expect(answers.map((answer) => answer.slice(9, 12))).toEqual([
    ...Array.from({ length: UNANSWERED_MAX }, () => "200"),
    "429",
  ]);
  expect(answers.at(-1)).toMatch(/connection: close/i);
  expect(answers.at(-1)).toMatch(/retry-after: 1/i);
});

test("what cannot be read does not take the place of the answers before it", async () => {
  const { headers, body } = await rawRequest(gateway.port, `${get("/articles?channel_id=0")}${RESTS.garbage()}`);
  expect(headers).toMatch(/^HTTP\/1\.1 200/);
  expect(body).not.toContain("HTTP/1.1");
});

async function inFlight(): Promise<number> {
  const { body } = await client(gateway).get("/metrics");
  return Number(/^headline_http_requests_in_flight (\d+)/m.exec(body)?.[1] ?? Number.NaN);
}

/** As many whole requests with a body, and without, as may be in flight are let in together. */
async function everyPlaceIsFree(): Promise<void> {
  const many = (count: number, ask: () => Promise<{ status: number }>) =>
    Promise.all(Array.from({ length: count }, ask)).then((answers) => answers.map(({ status }) => status));
  const without = await many(IN_FLIGHT_MAX, () => client(gateway).get("/channels"));
  expect(new Set(without)).toEqual(new Set([200]));
  const withBody = await many(IN_FLIGHT_MAX / 4, () => client(gateway, alice).post("/articles", {}));
  expect(new Set(withBody)).toEqual(new Set([400]));
}
