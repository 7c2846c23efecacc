import { connect } from "node:net";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startLoad, statuses } from "./load.js";
import { bearer, client, openWorld, type World } from "./open-world.js";

let world: World;
let alice: string;

beforeAll(async () => {
  world = await openWorld();
  alice = await bearer(await world.addUser("alice"));
  await world.addArticles(40);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const CLIENTS_OF_EACH_KIND = inFull(100, 300);
const DRIP_EVERY_MS = inFull(1_000, 500);

describe("clients that are slow on purpose", () => {
  test("with headers or bodies that drip are cut, hundreds of them, and others are served meanwhile", async () => {
    const recommendation = await world.openRecommendation();
    const gateway = await world.openGateway({ recommenderAddress: recommendation.address, inFlightMax: 40 });
    const load = startLoad(() => client(gateway).get("/articles?channel_id=101"), { clients: 4, pauseMs: 100 });
    await eventually(() => expect(load.shots.length).toBeGreaterThan(20));
    const many = (begin: string, drop: string) =>
      Promise.all(Array.from({ length: CLIENTS_OF_EACH_KIND }, () => drip(gateway.port, begin, drop)));
    await Promise.all([
      many("GET /channels HTTP/1.1\r\nHost: x\r\n", "A: b\r\n"),
      many(
        `POST /articles HTTP/1.1\r\nHost: x\r\nAuthorization: ${alice}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{`,
        " ",
      ),
    ]);
    const shots = await load.stop();
    expect(statuses(shots)).toEqual({ 200: shots.length });
  });
});

/** Resolves when the other end has hung up. */
function drip(port: number, begin: string, drop: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(begin));
    const dripping = setInterval(() => socket.write(drop), DRIP_EVERY_MS);
    socket.on("error", () => undefined).resume();
    socket.once("close", () => {
      clearInterval(dripping);
      resolve();
    });
  });
}
