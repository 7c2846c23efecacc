import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { CloseStack, retryUntil } from "./index.js";

const PACKAGE = fileURLToPath(new URL("./index.ts", import.meta.url));

/** A process that opens something, says so, and is told to go. */
async function run(body: string, signal: NodeJS.Signals) {
  const program = `import { runUntilSignal } from ${JSON.stringify(PACKAGE)};
    const say = (text) => process.stdout.write(text + "\\n");
    setInterval(() => {}, 1000);
    ${body}`;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--conditions=headline-source", "--input-type=module", "-e", program],
    {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  child.stdout.on("data", (chunk) => {
    if (!said.includes("open") && String(chunk).includes("open")) child.kill(signal);
    said += chunk;
  });
  const [code] = await once(child, "exit");
  return { code, said: said.trim().split("\n") };
}

describe("a close stack", () => {
  test("the README's example holds: what was opened is closed in reverse, once", async () => {
    const closed: string[] = [];
    const opened = (name: string) => ({ [Symbol.asyncDispose]: async () => void closed.push(name) });
    const resources = new CloseStack();
    resources.use(opened("database"));
    resources.defer(() => closed.push("timer"));
    resources.use(opened("server"));
    await resources.close();
    await resources.close();
    expect(closed).toEqual(["server", "timer", "database"]);
  });

  test("closes the rest when one fails, and then says so", async () => {
    const closed: string[] = [];
    const resources = new CloseStack();
    resources.defer(() => closed.push("first"));
    resources.defer(() => Promise.reject(new Error("second")));
    resources.defer(() => {
      throw new Error("third");
    });
    await expect(resources.close()).rejects.toThrow("third");
    expect(closed).toEqual(["first"]);
  });
});

describe("a process", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("closes what it opened on %s, and ends with 0", async (signal) => {
    const { code, said } = await run(
      `await runUntilSignal(async () => { say("open"); return { [Symbol.asyncDispose]: async () => say("closed") }; }, { onUnhandled: say });`,
      signal,
    );
    expect({ code, said }).toEqual({ code: 0, said: ["open", "closed"] });
  });

  test("that cannot close in time ends all the same, and goes on after a failure nobody handled", async () => {
    const { code, said } = await run(
      `await runUntilSignal(async () => {
         Promise.reject(new Error("nobody's")); await new Promise((done) => setTimeout(done, 20)); say("open");
         return { [Symbol.asyncDispose]: () => new Promise(() => {}) };
       }, { onUnhandled: (error) => say(error.message), closeWithinMs: 100 });`,
      "SIGTERM",
    );
    expect({ code, said }).toEqual({ code: 1, said: ["nobody's", "open", "closing took longer than 100 ms"] });
  });

  test("told to end while it still waits to open ends at once, and with 0", async () => {
    const { code, said } = await run(
      `await runUntilSignal(async (signal) => {
         say("opening"); setTimeout(() => say("open"), 20_000); await new Promise((_, stop) => signal.addEventListener("abort", () => stop(signal.reason)));
       }, { onUnhandled: say });`,
      "SIGTERM",
    );
    expect({ code, said }).toEqual({ code: 0, said: ["opening"] });
  });
});

describe("until it works", () => {
  const never = new AbortController().signal;

  test("tries again, and tells what failed", async () => {
    const failures: unknown[] = [];
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      if (attempts < 3) throw new Error(`attempt ${attempts}`);
      return "worked";
    };
    const onFailure = (error: unknown) => void failures.push(String(error));
    expect(await retryUntil(attempt, { signal: never, onFailure, pauseMs: 1 })).toBe("worked");
    expect(failures).toEqual(["Error: attempt 1", "Error: attempt 2"]);
  });

  test("ends with what onFailure throws", async () => {
    const onFailure = () => {
      throw new Error("hopeless");
    };
    const attempt = () => Promise.reject(new Error("no"));
    await expect(retryUntil(attempt, { signal: never, onFailure })).rejects.toThrow("hopeless");
  });

  test.each([
    ["an attempt", () => new Promise<never>(() => {})],
    ["a pause", () => Promise.reject(new Error("no"))],
  ])("%s ends with the signal", async (_, attempt) => {
    const stop = new AbortController();
    const trying = retryUntil(attempt, { signal: stop.signal, onFailure: () => undefined, pauseMs: 60_000 });
    setTimeout(() => stop.abort(new Error("told to end")), 20);
    await expect(trying).rejects.toThrow("told to end");
  });
});
