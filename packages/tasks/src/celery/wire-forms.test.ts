import { systemClock } from "@headline/scheduler";
import { describe, expect, test } from "@jest/globals";
import { CallPublisher } from "./call-publisher.js";
import { delayQueue } from "./delay-queue.js";
import { fromWireFailure, toWireFailure } from "./failure.js";
import { fromIsoTime, toIsoTime } from "./iso-time.js";
import { fromEnvelope, redeliveredEnvelope, toEnvelope } from "./redis-envelope.js";
import { bindingOf, boundQueues, fanoutChannel, listOf, listsOf, queueOf } from "./redis-keys.js";
import { RevokedIds } from "./revoked-ids.js";
import { decodeCall, encodeCall, NOTHING_FOLLOWS, type TaskCall, type WireSignature } from "./task-call.js";
import type { WireMessage } from "./wire-message.js";

const CALL: TaskCall = {
  ...{
    id: "a",
    task: "add",
    args: [1, "x"],
    kwargs: { deep: [null] },
    embed: NOTHING_FOLLOWS,
    retries: 2,
    priority: 3,
  },
  ...{ eta: 1_768_521_600_123, expires: null, timeLimits: [30, null], rootId: "r", parentId: "p", groupId: "g" },
  ...{ groupIndex: 1, ignoreResult: true, replyTo: "q", headers: { stamp: "kept" } },
};

test("a call is the same after its message, over Redis as well", () => {
  const message = encodeCall(CALL, "test");
  const raw = toEnvelope(message, { exchange: "", routingKey: "celery" });
  const envelope = fromEnvelope(raw)!;
  expect(decodeCall(message)).toEqual(CALL);
  expect(decodeCall(envelope.message)).toEqual(CALL);
  expect(envelope.redelivered).toBe(false);
  const again = fromEnvelope(redeliveredEnvelope(raw))!;
  expect([again.redelivered, again.tag, decodeCall(again.message)]).toEqual([true, envelope.tag, CALL]);
});

test.each(["", "7", "null", "{}", '{"properties":{}}', '{"properties":{"delivery_tag":7},"body":""}', '{"body":7}'])(
  "%s is no message",
  (raw) => {
    expect(fromEnvelope(raw)).toBeUndefined();
  },
);

test("moments are written as Python reads them, and read as Python writes them", () => {
  expect(toIsoTime(1_768_521_600_123)).toBe("2026-01-16T00:00:00.123000+00:00");
  for (const text of ["2026-01-16T00:00:00.123456+00:00", "2026-01-16T02:00:00.123+02:00", "2026-01-16T00:00:00.123"])
    expect(fromIsoTime(text)).toBe(1_768_521_600_123);
  expect(fromIsoTime("soon")).toBeUndefined();
});

test("errors keep type and message: Python's class of that name, or one that it makes", () => {
  const { failure, traceback } = toWireFailure(new TypeError("no"));
  expect(failure).toEqual({ exc_type: "TypeError", exc_message: ["no"], exc_module: "builtins" });
  expect(fromWireFailure(failure, traceback)).toMatchObject({ name: "TypeError", message: "no", stack: traceback });
  const odd = Object.assign(new Error("x"), { name: "9 lives" });
  expect(toWireFailure(odd).failure).toEqual({ exc_type: "Error", exc_message: ["x"], exc_module: null });
  expect(fromWireFailure({ exc_type: "KeyError", exc_message: ["a", 1] }, null)).toMatchObject({
    name: "KeyError",
    message: "a, 1",
  });
  expect(fromWireFailure({ exc_type: "NotRegistered", exc_message: "x" }, null).name).toBe("NotRegisteredError");
  expect(fromWireFailure(null, null)).toMatchObject({ name: "Error", message: "" });
});

test("keys are kombu's", () => {
  expect([0, 2, 3, 5, 6, 9, 12, -1].map((priority) => listOf("q", priority))).toEqual([
    "q",
    "q",
    "q\x06\x163",
    "q\x06\x163",
    "q\x06\x166",
    "q\x06\x169",
    "q\x06\x169",
    "q",
  ]);
  expect(listsOf(["a", "b"]).slice(0, 3)).toEqual(["a", "b", "a\x06\x163"]);
  expect(queueOf("a\x06\x163")).toBe("a");
  expect(boundQueues([bindingOf("k", "q1"), bindingOf("other", "q2")], "k")).toEqual(["q1"]);
  expect([fanoutChannel(2, "celeryev", "task.sent"), fanoutChannel(0, "celery.pidbox", "")]).toEqual([
    "/2.celeryev/task.sent",
    "/0.celery.pidbox",
  ]);
});

test("delay queues bring a message to its time in few hops, and never beyond it", () => {
  for (const delayMs of [250, 999, 60_000, 86_400_000, 30 * 86_400_000]) {
    let [leftMs, hops] = [delayMs, 0];
    for (let next = delayQueue("q", leftMs); next !== undefined; next = delayQueue("q", leftMs)) {
      leftMs -= Number(next.arguments["x-message-ttl"]);
      hops++;
    }
    expect(leftMs).toBeGreaterThanOrEqual(0);
    expect(leftMs).toBeLessThan(250);
    expect(hops).toBeLessThanOrEqual(32);
  }
  expect(delayQueue("q", 249)).toBeUndefined();
});

test("revoked ids go after three hours, and the oldest beyond 50,000; their times are no whole numbers", () => {
  let seconds = 10;
  const revoked = new RevokedIds(() => seconds);
  revoked.add("old");
  seconds += 10_801;
  revoked.merge({ new: 5.5 });
  expect([revoked.has("old"), revoked.has("new")]).toEqual([false, true]);
  expect(JSON.stringify(revoked)).toBe('{"new":10811.5}');
  for (let at = 0; at < 50_001; at++) revoked.add(`id${at}`);
  expect([revoked.list.length, revoked.has("new"), revoked.has("id50000")]).toEqual([50_000, false, true]);
});

describe("signatures of any language", () => {
  const sizes: [string, number][] = [];
  const sent: TaskCall[] = [];
  const publisher = new CallPublisher({
    transport: {
      publish: async (_queue: string, message: WireMessage) => void sent.push(decodeCall(message)),
    } as never,
    results: { setChordSize: async (...size: [string, number]) => void sizes.push(size) } as never,
    queueOf: () => "celery",
    clock: systemClock(),
  });
  const task = (name: string, options: object = {}): WireSignature => ({
    task: name,
    args: [],
    options: { task_id: name, ...options },
  });
  const group = (...tasks: WireSignature[]): WireSignature => ({
    task: "celery.group",
    kwargs: { tasks },
    options: { task_id: "gid" },
  });
  const chainOf = (...tasks: WireSignature[]): WireSignature => ({
    task: "celery.chain",
    kwargs: { tasks },
    options: {},
  });
  const applied = async (signature: WireSignature, args: number[] = []) => {
    sent.length = 0;
    sizes.length = 0;
    await publisher.apply(signature, { args, parentId: "parent", rootId: "root" });
    return sent;
  };

  test("a chain within a chain is one chain, the last link first in the message", async () => {
    const [first] = await applied(chainOf(task("a"), chainOf(task("b"), task("c"))), [1]);
    expect([first!.id, first!.args, first!.embed.chain.map((link) => link.task)]).toEqual(["a", [1], ["c", "b"]]);
    expect(sent).toHaveLength(1);
  });

  test("a group before a link becomes a chord, whose body is that link", async () => {
    const calls = await applied(chainOf(group(task("a"), task("b")), task("sum"), task("end")));
    expect(calls.map(({ id, groupId, groupIndex }) => [id, groupId, groupIndex])).toEqual([
      ["a", "gid", 0],
      ["b", "gid", 1],
    ]);
    expect(sizes).toEqual([["gid", 2]]);
    expect(calls[0]!.embed.chord).toMatchObject({ task: "sum", options: { chain: [task("end")] } });
  });

  test("groups in the header of a chord are parts of it, a chain counts by its last link", async () => {
    const header = group(task("a"), group(task("b")), chainOf(task("c"), task("d")));
    const calls = await applied({
      task: "celery.chord",
      kwargs: { header, body: task("sum") },
      options: { task_id: "sum" },
    });
    expect(sizes).toEqual([["gid", 3]]);
    expect(calls.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    const [a, , c] = calls;
    expect([a!.embed.chord?.task, c!.embed.chord, c!.groupId]).toEqual(["sum", null, null]);
    expect(c!.embed.chain).toMatchObject([
      { task: "d", options: { group_id: "gid", group_index: 2, chord: { task: "sum" } } },
    ]);
  });

  test("a chord without parts sends its body with an empty list; an immutable call takes nothing", async () => {
    const calls = await applied({ task: "celery.chord", kwargs: { header: [], body: task("sum") }, options: {} });
    expect(calls.map(({ id, args }) => [id, args])).toEqual([["sum", [[]]]]);
    expect((await applied({ ...task("a"), immutable: true }, [1]))[0]!.args).toEqual([]);
  });

  test("what is none is refused, also when it is deep", async () => {
    await expect(applied(chainOf({} as WireSignature))).rejects.toThrow("signature: must be a mapping with a task");
    await expect(applied({ task: "celery.chord", kwargs: { header: [task("a")] } })).rejects.toThrow(
      "chord: needs a body",
    );
    let deep = group(task("a"));
    for (let level = 0; level < 60; level++) deep = group(deep);
    await expect(applied(deep)).rejects.toThrow("more than 50 levels");
  });
});
