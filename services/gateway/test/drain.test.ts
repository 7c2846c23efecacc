import { once } from "node:events";
import { connect } from "node:net";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startLoad, statuses } from "./load.js";
import { bearer, client, FAULTY, openWorld, type World } from "./open-world.js";

let world: World;
let recommenderAddress: string;
let alice: string;

beforeAll(async () => {
  world = await openWorld();
  alice = await bearer(await world.addUser("alice"));
  await world.addArticles(40);
  recommenderAddress = (await world.openRecommendation()).address;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A busy machine asks /readyz late. */
const GRACE_MS = 2_000;

describe("a gateway that closes under load", () => {
  test("loses no request of clients that keep their connections, and says that it is not ready first", async () => {
    for (let round = 1; round <= inFull(1, 3); round += 1) {
      const gateways = [
        await world.openGateway({ recommenderAddress, graceMs: GRACE_MS }),
        await world.openGateway({ recommenderAddress }),
      ] as const;
      let leaving = false;
      const readiness: number[] = [];
      const load = startLoad(
        async (index) => {
          // A balancer that looks at /readyz from time to time and sends new requests to who is ready.
          const gateway = leaving ? gateways[1] : gateways[0];
          if (index % 3 === 0)
            return client(gateway, alice).post("/articles", { title: "drained", content: "x", channel_id: 102 });
          return client(gateway).get("/articles?channel_id=101");
        },
        { clients: 20, pauseMs: inFull(50, 1) },
      );
      await eventually(() => expect(load.shots.length).toBeGreaterThan(100));
      const closed = gateways[0][Symbol.asyncDispose]();
      readiness.push((await client(gateways[0]).get("/readyz")).status);
      leaving = true;
      await closed;
      const shots = await load.stop();
      const { 200: read = 0, 201: written = 0 } = statuses(shots);
      expect(read + written).toBe(shots.length);
      expect(readiness).toEqual([503]);
      await expect(client(gateways[0]).get("/healthz")).rejects.toThrow();
    }
  });

  test.each([
    ["a connection that was never used", ""],
    ["a request that never ends", "GET /channels HTTP/1.1\r\nHo"],
  ])("does not wait for %s, and closes it", async (_name, begin) => {
    const gateway = await world.openGateway({ recommenderAddress });
    const socket = connect(gateway.port, "127.0.0.1", () => begin !== "" && socket.write(begin));
    socket.on("error", () => undefined);
    const cut = new Promise((resolve) => socket.once("close", resolve));
    await once(socket, "connect");
    await client(gateway).get("/channels"); // by now the gateway has seen what was written before
    await gateway[Symbol.asyncDispose]();
    await cut;
  });
});

describe("more requests than fit", () => {
  test("are refused at once with 503 and Retry-After, before anything is done for them", async () => {
    const gateway = await world.openGateway({ recommenderAddress, inFlightMax: 8, ...FAULTY }); // a quarter of it for requests with a body
    const draft = { title: "slow", content: "x", channel_id: 102 };
    const [id] = await world.mysql.query<{ id: string }>("SELECT id FROM users WHERE name = 'alice'");
    await world.mysql.write("INSERT IGNORE INTO user_statistics (user_id) VALUES (?)", [id?.id as string]);
    await world.mysql.transaction(async (tx) => {
      await tx.query("SELECT * FROM user_statistics WHERE user_id = ? FOR UPDATE", [id?.id as string]);
      const slow = [1, 2].map(() => client(gateway, alice).post("/articles", draft));
      await eventually(async () => {
        const [waiting] = await tx.query<{ count: string }>(
          "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE info LIKE '%user_statistics%' AND id <> CONNECTION_ID()",
        );
        expect(Number(waiting?.count)).toBe(2);
      });
      const refused = await client(gateway, alice).post("/articles", draft);
      expect(refused).toMatchObject({ status: 503, body: { code: "UNAVAILABLE", request_id: expect.any(String) } });
      expect(refused.headers.get("retry-after")).toBe("1");
      expect((await client(gateway).get("/healthz")).status).toBe(200); // the process lives
      expect((await client(gateway).get("/articles?channel_id=101")).status).toBe(200); // readers have places of their own
      for (const answer of await Promise.all(slow)) expect(answer.status).toBe(503);
    });
    expect((await client(gateway).get("/articles?channel_id=101")).status).toBe(200);
  });
});
