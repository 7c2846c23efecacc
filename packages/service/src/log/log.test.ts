import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { pino } from "pino";
import { childTraceparent, createLog, isTraceparent, type Log, logError, rateLimitedLog } from "./index.js";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("a traceparent", () => {
  test("is one of version 00 with ids that are not all zeroes, and nothing else", () => {
    expect(isTraceparent(PARENT)).toBe(true);
    for (const bad of [
      undefined,
      ["x"],
      "",
      PARENT.toUpperCase(),
      `${PARENT}-x`,
      ` ${PARENT}`,
      `${PARENT}\n`,
      PARENT.replace("00-", "01-"),
      PARENT.replace(/4bf\w+/, "0".repeat(32)),
      PARENT.replace(/00f\w+/, "0".repeat(16)),
    ])
      expect(isTraceparent(bad)).toBe(false);
    fc.assert(fc.property(fc.string(), (text) => !isTraceparent(text)));
  });

  test("the README's example holds: a child keeps the trace and its flags, and has a span of its own", () => {
    const child = childTraceparent(PARENT);
    expect(isTraceparent(child)).toBe(true);
    expect(child.slice(0, 36)).toBe(PARENT.slice(0, 36));
    expect(child.slice(-3)).toBe("-01");
    expect(child).not.toBe(PARENT);
    expect(childTraceparent(PARENT)).not.toBe(child);
  });
});

describe("logs", () => {
  test("of best effort say what did not happen, and go on", async () => {
    const lines: unknown[] = [];
    const log = { warn: (...line: unknown[]) => void lines.push(line) } as unknown as Log;
    const error = new Error("Redis is away");
    await Promise.reject(error).catch(logError(log, "count not offered"));
    expect(lines).toEqual([[{ err: error }, "count not offered"]]);
  });

  test("have a level", () => {
    expect(createLog({ name: "test", level: "silent" }).isLevelEnabled("error")).toBe(false);
    expect(createLog({ name: "test" }).isLevelEnabled("info")).toBe(true);
  });

  test("of an error hold none of the arguments that a driver attached, a password among them", () => {
    const login = Object.assign(new Error("WRONGPASS"), {
      code: "E",
      sql: "SET PASSWORD 'pass-1'",
      command: { name: "auth", args: ["alice", "pass-2"] },
    });
    const { [pino.symbols.serializersSym]: serializers } = createLog({ name: "test" }) as unknown as {
      [pino.symbols.serializersSym]: { err: (error: unknown) => object };
    };
    const nested = new AggregateError([login], "both failed", { cause: login });
    for (const error of [login, nested, Object.assign(new Error("outer"), { lastNodeError: login })])
      expect(JSON.stringify(serializers.err(error))).not.toMatch(/pass-|alice/);
    expect(serializers.err(login)).toMatchObject({ message: "WRONGPASS", code: "E", command: "auth" });
    expect(JSON.stringify(serializers.err(nested))).toContain("WRONGPASS");
  });

  test("of what happens to everybody come once in a while, with how many each stands for", () => {
    const lines: { times: number }[] = [];
    const log = { warn: (line: { times: number }) => void lines.push(line) } as unknown as Log;
    let now = 0;
    const tell = rateLimitedLog(log, "degraded", { everyMs: 1_000, now: () => now });
    for (; now < 2_500; now += 100) tell(new Error("away"));
    expect(lines.map(({ times }) => times)).toEqual([1, 10, 10]);
  });
});
