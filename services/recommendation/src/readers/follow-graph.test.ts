import type { Mysql } from "@headline/mysql";
import { describe, expect, test } from "@jest/globals";
import { FollowGraph } from "./follow-graph.js";

/** A MySQL whose answers the test gives, in the order they were asked for. */
function heldMysql() {
  const asked: { answer: (authorIds: readonly string[]) => void; fail: (error: Error) => void }[] = [];
  const query = () =>
    new Promise((resolve, reject) => {
      asked.push({ answer: (ids) => resolve(ids.map((author_id) => ({ author_id }))), fail: reject });
    });
  return { asked, graph: new FollowGraph({ query } as unknown as Mysql) };
}

describe("whom a reader follows", () => {
  test("guests follow nobody, and MySQL is not asked", () => {
    const { asked, graph } = heldMysql();
    expect([graph.followsOf(-5n), graph.followsOf(0n)]).toEqual([new Set(), new Set()]);
    expect(asked).toEqual([]);
  });

  test("is asked once for all who wait, and remembered", async () => {
    const { asked, graph } = heldMysql();
    const both = [graph.followsOf(7n), graph.followsOf(7n)];
    asked[0]?.answer(["60"]);
    expect(await Promise.all(both)).toEqual([new Set([60n]), new Set([60n])]);
    expect(graph.followsOf(7n)).toEqual(new Set([60n]));
    expect(asked).toHaveLength(1);
  });

  test("read before a change is told to who asked before, and not remembered", async () => {
    const { asked, graph } = heldMysql();
    const before = graph.followsOf(7n);
    graph.forget(7n);
    const after = graph.followsOf(7n);
    asked[1]?.answer(["60", "61"]);
    asked[0]?.answer(["60"]);
    expect([await before, await after]).toEqual([new Set([60n]), new Set([60n, 61n])]);
    expect(graph.followsOf(7n)).toEqual(new Set([60n, 61n]));
  });

  test("that could not be read is asked for again", async () => {
    const { asked, graph } = heldMysql();
    const failed = graph.followsOf(7n);
    asked[0]?.fail(new Error("away"));
    await expect(failed).rejects.toThrow("away");
    const again = graph.followsOf(7n);
    asked[1]?.answer([]);
    expect(await again).toEqual(new Set());
  });
});
