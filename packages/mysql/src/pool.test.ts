import { Refusal } from "@headline/service/errors";
import { eventually, openProxy, privateMysql, type ThrowawayMysql, throwawayMysql } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { isDuplicate, isLocked } from "./failure.js";
import { type Mysql, openMysql } from "./pool.js";
import { idList, inPieces, limitOf, WANTED_IDS } from "./wanted-ids.js";

/** Time-outs that only what is tested to time out reaches. */
const PATIENT = { acquireTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

let database: ThrowawayMysql;
let mysql: Mysql;

beforeAll(async () => {
  database = await throwawayMysql();
  mysql = openMysql(database.url, PATIENT);
  await mysql.write("CREATE TABLE notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(100) NOT NULL UNIQUE)");
});
afterAll(async () => {
  await mysql.close();
  await database[Symbol.asyncDispose]();
});

async function faultyLink() {
  const url = new URL(database.url);
  const proxy = await openProxy({ target: { path: url.searchParams.get("socketPath") ?? "" } });
  return {
    proxy,
    url: `mysql://root@127.0.0.1:${proxy.port}${url.pathname}`,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

const UNAVAILABLE = { code: "UNAVAILABLE", message: expect.not.stringMatching(/[Ss][Qq][Ll]|timeout|\bE[A-Z_]{4,}/) };

/** Checks that a call is refused as unavailable, and so has an end. */
async function expectRefused(act: () => Promise<unknown>): Promise<void> {
  await expect(act()).rejects.toMatchObject(UNAVAILABLE);
}

describe("values", () => {
  test("beyond 2^53 come and go exactly, and texts of any script", async () => {
    const big = 9_007_199_254_740_993n;
    await mysql.write("INSERT INTO notes (id, note) VALUES (?, ?)", [big, "头条 😀"]);
    expect(await mysql.query("SELECT id, note FROM notes WHERE id = ?", [big])).toEqual([
      { id: String(big), note: "头条 😀" },
    ]);
    const { insertId, affectedRows } = await mysql.write("INSERT INTO notes (note) VALUES ('next')");
    expect([insertId, affectedRows]).toEqual([big + 1n, 1]);
    const wanted = `SELECT n.id FROM ${WANTED_IDS} STRAIGHT_JOIN notes n ON n.id = want.id ORDER BY n.id LIMIT ?`;
    expect(await mysql.query(wanted, [idList([big, 1n, big]), limitOf(2)])).toEqual([{ id: String(big) }]);
    expect(await mysql.query(wanted, [idList([]), limitOf(2)])).toEqual([]);
    for (const count of [-1, Number.NaN, 0.5]) expect(() => limitOf(count)).toThrow(RangeError);
    expect(inPieces(Array.from({ length: 29 })).map(({ length }) => length)).toEqual([16, 8, 4, 1]);
  });

  test("that are no plain values are not SQL", async () => {
    for (const odd of [{ id: 1 }, [1, 2]] as never[])
      await expect(mysql.query("SELECT 1 FROM notes WHERE note = ? AND 1 = 0 OR id = ?", [odd, 1n])).resolves.toEqual(
        [],
      );
  });
});

describe("a transaction", () => {
  test("is all or nothing, and gives its connection back clean", async () => {
    await using single = openMysql(database.url, { ...PATIENT, connectionsMax: 1 });
    await expect(
      single.transaction(async (tx) => {
        await tx.write("INSERT INTO notes (note) VALUES ('half')");
        throw new Refusal("NOT_FOUND", "no");
      }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await single.query("SELECT id FROM notes WHERE note = 'half'")).toEqual([]);
    const open = "SELECT trx_state FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()";
    expect(await single.query(open)).toEqual([]);
  });

  test("that is chosen by a deadlock is run again", async () => {
    await mysql.write("INSERT INTO notes (id, note) VALUES (1, 'one'), (2, 'two')");
    let runs = 0;
    let locked = 0;
    const both = (first: bigint, second: bigint) =>
      mysql.transaction(async (tx) => {
        runs += 1;
        await tx.write("UPDATE notes SET note = CONCAT(note, '.') WHERE id = ?", [first]);
        locked += 1;
        await eventually(() => expect(locked).toBeGreaterThan(1));
        await tx.write("UPDATE notes SET note = CONCAT(note, '.') WHERE id = ?", [second]);
      });
    await Promise.all([both(1n, 2n), both(2n, 1n)]);
    expect(runs).toBeGreaterThan(2);
    expect(await mysql.query("SELECT note FROM notes WHERE id < 3")).toEqual([{ note: "one.." }, { note: "two.." }]);
  });

  test("takes no longer than it may, whatever it does", async () => {
    await using hurried = openMysql(database.url, { ...PATIENT, transactionTimeoutMs: 1_000 });
    let statements = 0;
    await expect(
      hurried.transaction(async (tx) => {
        for (;;) {
          await tx.query("SELECT SLEEP(0.03)");
          statements += 1;
        }
      }),
    ).rejects.toMatchObject(UNAVAILABLE);
    expect(statements).toBeGreaterThan(0);
    expect(await hurried.query("SELECT 'one' AS one")).toEqual([{ one: "one" }]);
  });

  test("sees one moment as a snapshot, and each statement's own otherwise", async () => {
    const counts = async (isolation: "snapshot" | "read committed") =>
      mysql.transaction(
        async (tx) => {
          const count = async () => (await tx.query("SELECT id FROM notes")).length;
          const before = await count();
          await mysql.write("INSERT INTO notes (note) VALUES (UUID())");
          return (await count()) - before;
        },
        { isolation },
      );
    expect(await counts("snapshot")).toBe(0);
    expect(await counts("read committed")).toBe(1);
  });
});

describe("failures", () => {
  test("that callers act on are told apart, and bugs stay what they are", async () => {
    await mysql.write("INSERT INTO notes (note) VALUES ('taken')");
    const duplicate = await mysql.write("INSERT INTO notes (note) VALUES ('taken')").catch((error: unknown) => error);
    expect([isDuplicate(duplicate), isLocked(duplicate)]).toEqual([true, false]);
    await mysql.transaction(async (tx) => {
      await tx.query("SELECT id FROM notes WHERE note = 'taken' FOR UPDATE");
      // Refused while the lock is still held: it did not wait for it.
      await expect(mysql.query("SELECT id FROM notes WHERE note = 'taken' FOR UPDATE NOWAIT")).rejects.toThrow();
    });
    await expect(mysql.query("SELECT nonsense FROM notes")).rejects.toMatchObject({ code: "ER_BAD_FIELD_ERROR" });
    expect(await mysql.query("SELECT 'one' AS one")).toEqual([{ one: "one" }]);
  });

  test("a statement that takes too long ends on both sides", async () => {
    await mysql.write("INSERT INTO notes (note) VALUES ('slow')");
    await using hurried = openMysql(database.url, { acquireTimeoutMs: 30_000, statementTimeoutMs: 300 });
    await expect(hurried.query("SELECT id FROM notes WHERE SLEEP(600)")).rejects.toMatchObject(UNAVAILABLE);
    await eventually(async () => {
      const running = await mysql.query(
        "SELECT id FROM information_schema.processlist WHERE info LIKE '%WHERE SLEEP(600)' AND db = DATABASE()",
      );
      expect(running).toEqual([]);
    });
  });

  test("nobody waits for ever for a connection", async () => {
    await using small = openMysql(database.url, {
      connectionsMax: 1,
      acquireTimeoutMs: 1_000,
      statementTimeoutMs: 30_000,
    });
    await small.query("SELECT 1"); // the connection is up
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = false;
    const holding = small.transaction(() => {
      begun = true;
      return held;
    });
    await eventually(() => expect(begun).toBe(true));
    await expectRefused(() => small.query("SELECT 1"));
    const crowd = await Promise.allSettled(Array.from({ length: 400 }, () => small.query("SELECT 1")));
    expect(crowd.every(({ status }) => status === "rejected")).toBe(true);
    release();
    await holding;
    expect(await small.query("SELECT 'one' AS one")).toEqual([{ one: "one" }]);
  });

  test.each(["blackhole", "dropReplies"] as const)(
    "a half-open link (%s) is noticed, and gone soon after it heals",
    async (fault) => {
      await using link = await faultyLink();
      const { proxy, url } = link;
      await using far = openMysql(url);
      // Ten connections in the pool.
      await eventually(() => Promise.all(Array.from({ length: 10 }, () => far.query("SELECT SLEEP(0.05)"))));
      proxy[fault]();
      for (const act of [
        () => far.query("SELECT 1"),
        () => far.query(`SELECT ${Math.random()}`), // not prepared yet
        () => far.transaction((tx) => tx.query("SELECT 1")),
      ])
        await expectRefused(act);
      proxy.heal();
      await eventually(async () => expect(await far.query("SELECT 'one' AS one")).toEqual([{ one: "one" }]));
      // No dead connection is left in the pool: each that a query meets is replaced.
      await eventually(() => Promise.all(Array.from({ length: 20 }, () => far.query("SELECT 1"))));
    },
  );

  test("closing does not wait for a server that does not answer", async () => {
    await using link = await faultyLink();
    const { proxy, url } = link;
    const far = openMysql(url, { acquireTimeoutMs: 600_000, statementTimeoutMs: 600_000 });
    await far.query("SELECT 1");
    proxy.blackhole();
    const hanging = far.query("SELECT 2").catch(() => undefined);
    await far.close();
    await hanging;
  });

  test("a server that was killed is used again as soon as it is back", async () => {
    await using server = await privateMysql();
    await using pool = openMysql(server.url, { ...PATIENT, acquireTimeoutMs: 5_000 });
    await pool.query("SELECT 1");
    await server.kill();
    for (let again = 0; again < 3; again += 1) await expectRefused(() => pool.query("SELECT 1"));
    await server.restart();
    await eventually(() => pool.query("SELECT 1"));
  });
});
