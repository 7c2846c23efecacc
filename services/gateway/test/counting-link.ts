import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import type { ProxyTarget } from "@headline/testkit";

export interface CountingLink extends AsyncDisposable {
  readonly port: number;
  /** Round trips of the connections that ask: those that listen for messages are not counted. */
  trips(): number;
}

/** A link to Redis that counts: what is sent together, before anything has come back, is one round trip. */
export async function countingLink(target: ProxyTarget): Promise<CountingLink> {
  const counts = new Set<{ trips: number; subscribes: boolean }>();
  const server = createServer((near) => {
    const count = { trips: 0, subscribes: false };
    counts.add(count);
    let waiting = false;
    const far = connect({ ...target, noDelay: true });
    near.on("data", (bytes) => {
      if (bytes.includes("subscribe")) count.subscribes = true;
      if (!waiting) count.trips += 1;
      waiting = true;
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      waiting = false;
      near.write(bytes);
    });
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on("error", () => other.destroy());
      end.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    trips: () => [...counts].reduce((sum, { trips, subscribes }) => sum + (subscribes ? 0 : trips), 0),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** The command as it travels, so that READ COMMITTED is not taken for it. */
const COMMIT = Buffer.from("\u0003COMMIT", "latin1");

/** A link to MySQL that forwards the first COMMIT, from when it is `armed`, and loses everything that comes after it. */
export async function forgetfulLink(
  target: ProxyTarget,
  armed: () => boolean = () => true,
): Promise<{ port: number; lost(): boolean } & AsyncDisposable> {
  let lost = false;
  const server = createServer((near) => {
    let mute = false;
    const far = connect({ ...target, noDelay: true });
    near.on("data", (bytes) => {
      if (mute) return;
      if (!lost && armed() && bytes.includes(COMMIT)) {
        lost = true;
        mute = true;
      }
      far.write(bytes);
    });
    far.on("data", (bytes) => void (mute || near.write(bytes)));
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    lost: () => lost,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
