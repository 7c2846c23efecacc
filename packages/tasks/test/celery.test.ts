import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundled, eventually, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { heard } from "../../scheduler/test/quiet.js";
import { chain, chord, group, signature, TaskApp, type TaskWorker } from "../src/index.js";
import { pythonClient, pythonOutput, pythonWorker, withoutCelery } from "./python-celery.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const CACHE = resolve(import.meta.dirname, "../../../node_modules/.cache");
mkdirSync(CACHE, { recursive: true });
const WAIT = { timeoutMs: 60_000 };
const title = `Celery 5 in Python and this package, over Redis${withoutCelery === undefined ? "" : ` (${withoutCelery})`}`;

(withoutCelery === undefined ? describe : describe.skip)(title, () => {
  let redis: ThrowawayRedis;
  let app: TaskApp;
  let worker: TaskWorker;
  let python: Awaited<ReturnType<typeof pythonClient>>;
  let stopWorker: () => Promise<void>;
  const logger = heard();
  const seen: unknown[] = [];

  beforeAll(async () => {
    redis = await throwawayRedis({ tcp: true });
    const env = { BROKER: `${redis.url}/0`, BACKEND: `${redis.url}/1` };
    ({ stop: stopWorker } = pythonWorker(env));
    const starting = pythonClient(env);
    app = new TaskApp({ broker: env.BROKER, backend: env.BACKEND, protocol: "celery", logger });
    registerTasks(app);
    worker = app.worker({ queues: ["node"], concurrency: 4, name: "node" });
    await worker.start();
    python = await starting;
  });
  afterAll(async () => {
    await python?.stop();
    await app?.close();
    await stopWorker?.();
    await redis?.stop();
  });

  function registerTasks(tasks: TaskApp): void {
    tasks.task("node.add", { queue: "node" }, (a: number, b: number) => a + b);
    tasks.task("node.total", { queue: "node" }, (values: number[]) => values.reduce((a, b) => a + b, 0));
    tasks.task("node.fail", { queue: "node" }, (text: string) => {
      throw new TypeError(text);
    });
    tasks.task("node.refuse", { queue: "node" }, () => {
      throw Object.assign(new Error("no room"), { name: "RoomError" });
    });
    tasks.task("node.echo", { bind: true, queue: "node" }, (self, ...args: unknown[]) => {
      const { id, retries, eta, expires, queue } = self.request;
      return { args, id, retries, queue, eta: eta?.toISOString() ?? null, expires: expires?.toISOString() ?? null };
    });
    tasks.task("node.flaky", { bind: true, queue: "node", maxRetries: 2 }, (self) => {
      if (self.request.retries < 2) throw self.retry({ countdown: 0.05, exc: new RangeError("not yet") });
      return self.request.retries;
    });
    tasks.task("node.note", { queue: "node" }, (...values: unknown[]) => {
      seen.push(values);
    });
    tasks.task("node.forever", { bind: true, queue: "node" }, async (self) => {
      await new Promise((_, reject) => self.signal.addEventListener("abort", () => reject(self.signal.reason)));
    });
  }

  describe("a Python program calls a Node task", () => {
    test("with delay, and gets its result", async () => {
      expect(await python.value('value = app.signature("node.add").delay(40, 2).get(timeout=60)')).toBe(42);
    });

    test("with apply_async: countdown, eta, expires, queue, priority and keyword arguments arrive", async () => {
      const options = "countdown=0.1, expires=60, queue='node', priority=5";
      const code = `value = S("node.echo").apply_async((1,), {"loud": True}, ${options}).get(timeout=60)`;
      const { args, eta, expires, queue } = (await python.value(code)) as Record<string, unknown>;
      expect({ args, queue }).toEqual({ args: [1, { loud: true }], queue: "node" });
      expect([typeof eta, typeof expires]).toEqual(["string", "string"]);
      const later = await python.value(`
from datetime import datetime, timedelta, timezone
at = datetime.now(timezone.utc) + timedelta(seconds=0.2)
value = [S("node.echo").apply_async(eta=at).get(timeout=60)["eta"], at.isoformat()]`);
      const [got, sent] = later as [string, string];
      expect(Date.parse(got)).toBe(Date.parse(sent));
    });

    test("and gets its error: a class of the same name, with the message and the stack", async () => {
      const code = 'r = S("node.fail", "no").delay()';
      expect(await python.run(`${code}\nr.get(timeout=60)`)).toEqual({
        ...{ error: "TypeError", module: "builtins", message: "no" },
      });
      expect(await python.value("value = [r.state, r.traceback]")).toEqual([
        "FAILURE",
        expect.stringMatching(/TypeError: no\n\s+at /),
      ]);
      const own = await python.run('S("node.refuse").delay().get(timeout=60)');
      expect(own).toMatchObject({ error: "RoomError", message: "no room" });
    });

    test("that is retried, and ends", async () => {
      expect(await python.value('value = S("node.flaky").delay().get(timeout=60)')).toBe(2);
    });

    test("in a chain, a group and a chord over both languages", async () => {
      const linked = 'chain(S("node.add", 1, 2), S("py.add", 10, queue="celery"), S("node.add", 5))';
      expect(await python.value(`value = ${linked}().get(timeout=60)`)).toBe(18);
      const members = '[S("node.add", 1, 1), S("py.add", 2, 2, queue="celery"), S("node.add", 3, 3)]';
      expect(await python.value(`value = group(${members})().get(timeout=60)`)).toEqual([2, 4, 6]);
      expect(await python.value(`value = chord(${members})(S("node.total")).get(timeout=60)`)).toBe(12);
      expect(await python.value(`value = chord(${members})(S("py.total", queue="celery")).get(timeout=60)`)).toBe(12);
    });

    test("in a chain whose second step is a group, and a third that takes its results", async () => {
      const steps = 'S("node.add", 1, 2), group(S("node.add", 10), S("py.add", 20, queue="celery")), S("node.total")';
      expect(await python.value(`value = chain(${steps})().get(timeout=60)`)).toBe(36);
    });

    test("with link and link_error", async () => {
      const code = `S("node.add", 1, 2).apply_async(link=S("node.note", "linked")).get(timeout=60)
r = S("node.fail", "x").apply_async(link_error=S("node.note", "failed"))
value = r.id`;
      const id = await python.value(code);
      await eventually(() =>
        expect(seen).toEqual(
          expect.arrayContaining([
            [3, "linked"],
            [id, "failed"],
          ]),
        ),
      );
    });

    test("in a chord with a part that fails: the body ends as ChordError", async () => {
      const code = `error = chord([S("node.add", 1, 1), S("node.fail", "broken")])(S("node.total")).get(timeout=60, propagate=False)
value = [type(error).__name__, str(error)]`;
      expect(await python.value(code)).toEqual([
        "ChordError",
        expect.stringMatching(/^Dependency [\w-]+ raised TypeError\("broken"\)$/),
      ]);
    });

    test("that nobody has: NotRegistered; and ignores a result that is not wanted", async () => {
      expect(await python.run('app.send_task("node.unknown").get(timeout=60)')).toMatchObject({
        ...{ error: "NotRegistered", module: "celery.exceptions", message: expect.stringContaining("node.unknown") },
      });
      expect(logger.lines.some((line) => line.startsWith('error Received an unregistered task "node.unknown"'))).toBe(
        true,
      );
      const ignored = 'r = S("node.note", "quiet").apply_async(ignore_result=True); value = r.id';
      const id = (await python.value(ignored)) as string;
      await eventually(() => expect(seen).toContainEqual(["quiet"]));
      expect(await app.AsyncResult(id).status()).toBe("PENDING");
    });

    test("with pickle: refused, logged, never executed, and no other task waits for it", async () => {
      const code = `app.conf.accept_content = ["json", "pickle"]
value = S("node.note", "pickled").apply_async(serializer="pickle").id`;
      const id = await python.value(code);
      await eventually(() =>
        expect(logger.lines.join("\n")).toContain(`node.note (${id}) is refused: ContentDisallowed`),
      );
      expect(await python.value('value = S("node.add", 1, 1).delay().get(timeout=60)')).toBe(2);
      expect(seen).not.toContainEqual(["pickled"]);
    });

    test("and revokes it before its time, and while it runs", async () => {
      const before = `r = S("node.note", "revoked").apply_async(countdown=3600)
while not any(r.id == t["request"]["id"] for t in (app.control.inspect(timeout=1).scheduled() or {}).get("${worker.id}", [])): time.sleep(0.05)
r.revoke()
r.get(timeout=60)`;
      expect(await python.run(before)).toMatchObject({ error: "TaskRevokedError", message: "revoked" });
      const during = `r = S("node.forever").delay()
while r.state != "STARTED": time.sleep(0.02)
r.revoke(terminate=True)
r.get(timeout=60)`;
      expect(await python.run(during)).toMatchObject({ error: "TaskRevokedError", message: "terminated" });
    });

    test("that has expired: revoked, never executed", async () => {
      const code = 'S("node.note", "late").apply_async(expires=-1).get(timeout=60)';
      expect(await python.run(code)).toMatchObject({ error: "TaskRevokedError", message: "expired" });
      expect(seen).not.toContainEqual(["late"]);
    });
  });

  describe("a Node program calls a Python task", () => {
    test("and gets its result, also with keyword arguments, a countdown and a priority", async () => {
      expect(await (await app.sendTask("py.add", { args: [40, 2] })).get(WAIT)).toBe(42);
      const options = { args: [1], kwargs: { loud: true }, countdown: 0.1, expires: 60, priority: 6, taskId: "echoed" };
      expect(await (await app.sendTask("py.echo", options)).get(WAIT)).toEqual([[1], { loud: true }, "echoed"]);
      const eta = new Date(Date.now() + 100);
      expect(await (await app.sendTask("py.add", { args: [1, 1], eta })).get(WAIT)).toBe(2);
    });

    test("and gets its error with type, message and traceback", async () => {
      const failed = await app.sendTask("py.fail", { args: ["bad"] });
      await expect(failed.get(WAIT)).rejects.toMatchObject({
        ...{ name: "ValueError", message: "bad", traceback: expect.stringContaining("raise ValueError(text)") },
      });
      expect(await failed.status()).toBe("FAILURE");
    });

    test("that retries, in a chain, a group and a chord", async () => {
      expect(await (await app.sendTask("py.flaky")).get(WAIT)).toBe(2);
      const add = (...args: number[]) => signature("py.add", args, { queue: "celery" });
      const here = (...args: number[]) => signature("node.add", args);
      expect(await (await chain(add(1, 2), here(10), add(100)).applyAsync(app)).get(WAIT)).toBe(113);
      expect(await (await group([add(1, 1), here(2, 2)]).applyAsync(app)).get(WAIT)).toEqual([2, 4]);
      const total = signature("py.total", [], { queue: "celery" });
      expect(await (await chord([add(1, 1), here(2, 2), add(3, 3)], total).applyAsync(app)).get(WAIT)).toBe(12);
    });

    test("that it revokes", async () => {
      const later = await app.sendTask("py.add", { args: [1, 1], countdown: 3_600 });
      await eventually(async () =>
        expect(await python.value("value = str(app.control.inspect(timeout=1).scheduled())")).toContain(later.id),
      );
      await later.revoke();
      // Celery ends a revoked task at its time; another worker that begins asks for what is revoked
      await eventually(async () =>
        expect(await python.value("value = str(app.control.inspect(timeout=1).revoked())")).toContain(later.id),
      );
    });
  });

  test("the two programs of the README call each other", async () => {
    const section = README.split("## With Python")[1]!;
    const [py, ts] = ["python", "ts"].map((language) => {
      const [, text] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(section)!;
      return text!.replaceAll(/127\.0\.0\.1:6379\/(\d)/g, (_, db) => `127.0.0.1:${redis.port}/${Number(db) + 4}`);
    });
    const folder = mkdtempSync(join(CACHE, "readme-")); // packages resolve from there
    const [program, module] = [join(folder, "node.ts"), join(folder, "tasks.py")];
    writeFileSync(program, `${ts}\nprocess.on("message", () => app.close().then(() => process.disconnect()));`);
    writeFileSync(module, py!);
    const pyWorker = pythonWorker({}, { module: "tasks", cwd: folder });
    const node = fork(await bundled(program), { stdio: ["ignore", "pipe", "inherit", "ipc"] });
    try {
      const [printed] = (await once(node.stdout!, "data")) as [Buffer];
      expect(String(printed)).toBe("42\n");
      expect(await pythonOutput(module, folder)).toBe("hello Ada\n");
      node.send("close");
      expect(await once(node, "exit")).toEqual([0, null]);
    } finally {
      node.kill("SIGKILL");
      await pyWorker.stop();
      rmSync(folder, { recursive: true });
    }
  });

  describe("monitors see the Node worker", () => {
    test("inspect ping, registered, active, reserved, stats and active_queues", async () => {
      const code = `i = app.control.inspect([${JSON.stringify(worker.id)}], timeout=5)
value = [i.ping(), i.registered(), i.active(), i.reserved(), i.active_queues()]`;
      const at = (value: unknown) => ({ [worker.id]: value });
      expect(await python.value(code)).toEqual([
        at({ ok: "pong" }),
        at(expect.arrayContaining(["node.add", "node.fail"])),
        at([]),
        at([]),
        at([expect.objectContaining({ name: "node" })]),
      ]);
      const running = await app.sendTask("node.forever");
      await eventually(async () => expect(await running.status()).toBe("STARTED"));
      const active = (await python.value("value = i.active()")) as Record<string, { id: string; name: string }[]>;
      expect(active[worker.id]!.map(({ id, name }) => [id, name])).toEqual([[running.id, "node.forever"]]);
      await running.revoke({ terminate: true });
      await expect(running.get(WAIT)).rejects.toMatchObject({ name: "TaskRevokedError" });
    });

    test("the events that Flower reads: workers that beat, tasks from received to their end", async () => {
      await python.value(`watch()
while "${worker.id}" not in monitor.workers: time.sleep(0.05)
while not any("${worker.id}" in reply for reply in app.control.enable_events(reply=True, timeout=1)): pass`);
      const done = (await python.value('r = S("node.add", 1, 2).delay(); r.get(timeout=60); value = r.id')) as string;
      const failed = (await python.value('r = S("node.fail", "x").delay(); value = r.id')) as string;
      await eventually(async () => {
        const tasks = `[(t.state, t.name, t.result, t.exception, t.worker.hostname, bool(t.received and t.started))
  for t in map(monitor.tasks.get, ${JSON.stringify([done, failed])}) if t]`;
        expect(await python.value(`value = ${tasks}`)).toEqual([
          ["SUCCESS", "node.add", "3", null, worker.id, true],
          ["FAILURE", "node.fail", null, 'TypeError("x")', worker.id, true],
        ]);
        const alive = `[w.hostname for w in monitor.workers.values() if w.alive and w.processed is not None]`;
        expect(await python.value(`value = ${alive}`)).toContain(worker.id);
      });
    });
  });
});
