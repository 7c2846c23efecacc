import { once } from "node:events";
import { connect } from "node:http2";
import { credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { Refusal, type RefusalCode } from "@headline/service/errors";
import { describe, expect, it } from "@jest/globals";
import { type CallContext, HealthClient, inFlightGate } from "../src/index.js";
import { after, connectEcho, EchoClient, type Handler, openEcho, plainClient, sendBytes, until } from "./echo.js";

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it was answered");
    },
    (error: ServiceError) => error,
  );

describe("a unary handler", () => {
  it.each<[RefusalCode, number]>([
    ["INVALID_ARGUMENT", 3],
    ["DEADLINE_EXCEEDED", 4],
    ["NOT_FOUND", 5],
    ["ALREADY_EXISTS", 6],
    ["PERMISSION_DENIED", 7],
    ["RESOURCE_EXHAUSTED", 8],
    ["FAILED_PRECONDITION", 9],
    ["UNAVAILABLE", 14],
    ["UNAUTHENTICATED", 16],
  ])("answers a Refusal %s with status %i and its sentence", async (code, number) => {
    await using server = await openEcho(async () => {
      throw new Refusal(code, "忙 because \ud800");
    });
    using client = plainClient(server.address);
    expect(await refused(client.echo())).toMatchObject({ code: number, details: "忙 because \ufffd" });
    expect(server.bugs).toEqual([]);
  });

  it("cuts a long sentence between two characters", async () => {
    await using server = await openEcho(async () => {
      throw new Refusal("NOT_FOUND", "忙".repeat(1_000));
    });
    using client = plainClient(server.address);
    expect(await refused(client.echo())).toMatchObject({ details: "忙".repeat(341) });
  });

  it("says when asking again makes sense", async () => {
    await using server = await openEcho(async () => {
      throw new Refusal("RESOURCE_EXHAUSTED", "full", { retryAfterSeconds: 0.25 });
    });
    using client = plainClient(server.address);
    const { metadata } = await refused(client.echo());
    expect(metadata.get("grpc-retry-pushback-ms")).toEqual(["250"]);
  });

  it.each<[string, Handler]>([
    ["rejects", () => Promise.reject(new Error("SELECT secret FROM users"))],
    [
      "throws at once",
      () => {
        throw new TypeError("x is not a function");
      },
    ],
    ["rejects with nothing", () => Promise.reject(undefined)],
    ["returns a value that cannot be encoded", () => Promise.resolve({ text: 1n } as never)],
  ])("that %s is INTERNAL without detail, and the next call is answered", async (_, broken) => {
    await using server = await openEcho((request, context) =>
      request.text === "13" ? broken(request, context) : Promise.resolve({ text: "fine" }),
    );
    using client = plainClient(server.address);
    const error = await refused(client.echo("13"));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toMatch(/^(internal error|Error serializing response)$/);
    expect(await client.echo()).toBe("fine");
  });

  it("tells a bug to onBug once", async () => {
    const bug = new Error("a bug");
    await using server = await openEcho(() => Promise.reject(bug));
    using client = plainClient(server.address);
    await refused(client.echo());
    expect(server.bugs).toEqual([bug]);
  });

  it("knows its deadline, and stops when it has passed", async () => {
    const seen: CallContext[] = [];
    const aborted: unknown[] = [];
    await using server = await openEcho(async (_, context) => {
      seen.push(context);
      expect(context.deadlineMs).toBeGreaterThan(0);
      expect(context.deadlineMs).toBeLessThanOrEqual(100);
      await new Promise((_, reject) =>
        context.signal.addEventListener("abort", () => {
          aborted.push(context.signal.reason);
          reject(context.signal.reason);
        }),
      );
      return { text: "" };
    });
    using client = plainClient(server.address);
    expect(await refused(client.echo("", { timeoutMs: 100 }))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await until(() => aborted.length === 1);
    expect(server.bugs).toEqual([]);
  });

  it("has until shortly before its client's deadline: a tenth, within a bound", async () => {
    const seen: number[] = [];
    await using server = await openEcho(
      async (_, { deadlineMs }) => {
        seen.push(deadlineMs);
        return { text: "" };
      },
      { edge: { limitMs: 100_000, leadMsMax: 1_000 } },
    );
    using client = plainClient(server.address);
    await client.echo("", { timeoutMs: 5_000 });
    await client.echo("", { timeoutMs: 60_000 });
    const [short = 0, long = 0] = seen;
    expect(short).toBeLessThanOrEqual(4_500);
    expect(long).toBeLessThanOrEqual(59_000);
    expect(long).toBeGreaterThan(0.9 * 60_000);
  });

  it("stops when the caller goes away", async () => {
    let reason: unknown;
    let started = false;
    await using server = await openEcho(async (_, { signal }) => {
      started = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reason = signal.reason;
      signal.throwIfAborted();
      return { text: "" };
    });
    const client = new EchoClient(server.address, credentials.createInsecure());
    const call = client.echo({ text: "" }, () => undefined);
    await until(() => started);
    call.cancel();
    await until(() => reason !== undefined);
    client.close();
    expect(reason).toMatchObject({ name: "AbortError" });
    expect(server.bugs).toEqual([]);
  });

  it("ends a call that came without deadline at its own limit", async () => {
    await using server = await openEcho(() => new Promise(() => undefined), {
      edge: { limitMs: 50 },
      drainMs: 100,
    });
    using client = plainClient(server.address);
    expect(await refused(client.echo("", { timeoutMs: 4_000 }))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it("refuses metadata beyond 8 KiB, for good", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    using client = plainClient(server.address);
    const metadata = new Metadata();
    metadata.set("x-large", "a".repeat(9_000));
    const error = await refused(client.echo("", { metadata }));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
    await client.echo();
  });

  it("refuses what is beyond the gate with pushback, and opens it again", async () => {
    const gate = inFlightGate(2);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await openEcho(
      async () => {
        await held;
        return { text: "" };
      },
      { edge: { gate } },
    );
    using client = plainClient(server.address);
    const first = [client.echo(), client.echo()];
    await until(() => gate.size === 2);
    const error = await refused(client.echo());
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["100"]);
    release();
    await Promise.all(first);
    await client.echo();
    expect(gate.size).toBe(0);
  });
});

describe("the server", () => {
  it("refuses a request of more than 64 KiB and lives", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    using client = plainClient(server.address);
    const error = await sendBytes(server.address, Buffer.alloc(70_000));
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    await client.echo();
  });

  it("refuses bytes that are no message, and lives", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    using client = plainClient(server.address);
    const garbage = Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const error = await sendBytes(server.address, garbage);
    expect(error?.code).toBe(status.INTERNAL);
    await client.echo();
  });

  it("says so when its port is taken", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    await expect(openEcho(async () => ({ text: "" }), { address: server.address })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe("health", () => {
  it("is served for the server and each service, and unknown names are NOT_FOUND", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    await using channel = connectEcho(server.address);
    expect(await channel.check()).toBe(true);
    expect(await channel.check("test.Echo")).toBe(true);
    expect(await channel.check("test.Other")).toBe(true);
    expect(await channel.check("Nobody")).toBe(false);
    server.serving = false;
    expect(await channel.check()).toBe(false);
    expect(await channel.check("test.Echo")).toBe(false);
    server.serving = true;
    expect(await channel.check("test.Echo")).toBe(true);
  });

  it("lists them all", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    const client = new HealthClient(server.address, credentials.createInsecure());
    const { statuses } = await new Promise<{ statuses: object }>((resolve, reject) => {
      client.list({}, (error, response) => (error ? reject(error) : resolve(response)));
    });
    client.close();
    expect(Object.keys(statuses)).toEqual(["", "test.Echo", "test.Other"]);
  });

  it("tells a watcher that the server is leaving, and ends the watch", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    const client = new HealthClient(server.address, credentials.createInsecure());
    const seen: number[] = [];
    const watch = client.watch({ service: "test.Echo" });
    watch.on("data", ({ status: serving }) => seen.push(serving));
    watch.on("error", () => undefined);
    await until(() => seen.length === 1);
    await server.drain(); // although the watch would go on for ever
    expect(seen).toEqual([1, 2]);
    client.close();
  });
});

describe("a connection", () => {
  it("is told how many calls it may have in flight", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    const session = connect(`http://${server.address}`);
    const [settings] = (await once(session, "remoteSettings")) as [{ maxConcurrentStreams?: number }];
    session.destroy();
    expect(settings.maxConcurrentStreams).toBe(256);
  });

  it("may not send more metadata to health than to the others", async () => {
    await using server = await openEcho(async () => ({ text: "" }));
    const client = new HealthClient(server.address, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set("x-large", "a".repeat(9_000));
    const error = await new Promise<ServiceError | null>((resolve) => client.check({ service: "" }, metadata, resolve));
    client.close();
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });
});

describe("a drain", () => {
  it("answers the call in flight, and takes no new one", async () => {
    let release: () => void = () => undefined;
    let started = false;
    await using server = await openEcho(async () => {
      started = true;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { text: "late" };
    });
    using client = plainClient(server.address);
    const inFlight = client.echo();
    await until(() => started);
    const drained = server.drain();
    expect(server.serving).toBe(false);
    expect(await refused(client.echo())).toMatchObject({ code: status.UNAVAILABLE });
    release();
    expect(await inFlight).toBe("late");
    await drained;
  });

  it("cuts what takes longer than it may", async () => {
    await using server = await openEcho(() => new Promise(() => undefined), { drainMs: 100 });
    using client = plainClient(server.address);
    const inFlight = refused(client.echo());
    await after(100);
    await server.drain(); // although the handler never settles
    await inFlight;
  });
});
