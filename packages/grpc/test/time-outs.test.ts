import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { connectEcho, type Handler, openEcho } from "./echo.js";

const CLIENT = fileURLToPath(new URL("time-out-calls.ts", import.meta.url));

/** More than the 1,000 resets, and 33 a second, after which Node ends a connection. */
const CALLS = 2_100;

const neverOrNow: Handler = ({ text }) => (text === "never" ? new Promise(() => undefined) : Promise.resolve({ text }));

test("a connection outlives thousands of calls that time out, and serves the next", async () => {
  const { connections, interceptors } = countConnections();
  const edge = { leadMsMax: 400 }; // either process may wait for a processor
  await using server = await openEcho(neverOrNow, { edge, interceptors, streamsMax: 2 * CALLS, drainMs: 100 });
  const args = ["--import", "tsx", "--conditions=headline-source", CLIENT, server.address, String(CALLS)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: "" } });
  expect(JSON.parse(stdout)).toEqual({ timedOut: { "4 DEADLINE_EXCEEDED": CALLS }, later: { OK: 100 } });
  expect(connections.size).toBe(1);
});

test("a channel keeps its connection to a server that answers no call in time", async () => {
  const { connections, interceptors } = countConnections();
  await using server = await openEcho(neverOrNow, { edge: { limitMs: 20 }, interceptors, drainMs: 100 });
  await using channel = connectEcho(server.address, { silenceMs: 200 });
  for (let call = 0; call < 50; call++) {
    await expect(channel.echo("never")).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  }
  expect(connections.size).toBe(1);
});

function countConnections() {
  const connections = new Set<string>();
  const interceptor: ServerInterceptor = (_, call) => {
    connections.add(call.getPeer());
    return new ServerInterceptingCall(call);
  };
  return { connections, interceptors: [interceptor] };
}
