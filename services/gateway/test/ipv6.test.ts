import { networkInterfaces } from "node:os";
import { expect, test } from "@jest/globals";
import { client, openWorld } from "./open-world.js";

const hasIpv6 = networkInterfaces()["lo"]?.some(({ address }) => address === "::1") ?? false;

(hasIpv6 ? test : test.skip)("HOST=::1 serves at [::1], and the gateway says so", async () => {
  await using world = await openWorld();
  await using gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1", host: "::1" });
  expect(gateway.url).toBe(`http://[::1]:${gateway.port}`);
  expect((await client(gateway).get("/healthz")).status).toBe(200);
  await expect(fetch(`http://127.0.0.1:${gateway.port}/healthz`)).rejects.toThrow();
});
