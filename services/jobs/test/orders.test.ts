import { activePromotions } from "@headline/newsroom/orders";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningJobs } from "../src/open-jobs.js";
import { bearer, type Client, client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;
let author: bigint;
let authorization: string;

beforeAll(async () => {
  world = await openWorld();
  author = await world.addUser("author");
  authorization = await bearer(author);
  jobs = await openJobsOf(world);
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

async function shop(terms: { timeoutMs?: number; slotsPerDay?: number } = {}) {
  const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1", promotionTerms: terms });
  return client(gateway, authorization);
}

async function order(at: Awaited<ReturnType<typeof shop>>, articleId: bigint, more: object = {}) {
  return at.post("/orders", { article_id: String(articleId), ...more });
}

const article = async () => (await world.addArticles(1, { authorId: author }))[0] as bigint;
const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);

async function available(on: string): Promise<number | undefined> {
  const [row] = await world.mysql.query<{ available: number }>("SELECT available FROM promotion_days WHERE day = ?", [
    on,
  ]);
  return row?.available;
}

async function jobOf(orderId: string) {
  return jobs.scheduler.getJob(`order:${orderId}`);
}

/** Result of a run of heal-orders that begins now. */
async function healed(): Promise<unknown> {
  const id = await eventually(() => jobs.scheduler.runNow("heal-orders")); // the one before may still run
  return eventually(async () => {
    const execution = await jobs.scheduler.execution(id);
    expect(execution?.state).toBe("executed");
    return execution?.result;
  });
}

describe("an order", () => {
  test("reserves a slot and adds its job in the same breath", async () => {
    const at = await shop({ slotsPerDay: 3 });
    const { status, body, headers } = await order(at, await article(), { day: day(1) });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ status: "unpaid", day: day(1), paid_at: null, price_fen: 990 });
    expect(headers.get("location")).toBe(`/orders/${body.data.order_id}`);
    expect(Date.parse(body.data.expires_at) - Date.parse(body.data.created_at)).toBe(30 * 60_000);
    expect(await available(day(1))).toBe(2);
    const job = await jobOf(body.data.order_id);
    expect(job?.nextRunTime?.getTime()).toBe(Date.parse(body.data.expires_at));
    expect((await at.get(`/orders/${body.data.order_id}`)).body.data).toEqual(body.data);
  });

  test("that is not paid in time is cancelled once, its slot restored, its author told", async () => {
    const at = await shop({ timeoutMs: 4_000, slotsPerDay: 1 });
    const { body } = await order(at, await article(), { day: day(2) });
    expect(await available(day(2))).toBe(0);
    await eventually(async () => {
      const shown = (await at.get(`/orders/${body.data.order_id}`)).body.data;
      expect(shown).toMatchObject({ status: "cancelled" });
      expect(Date.parse(shown.cancelled_at)).toBeGreaterThanOrEqual(Date.parse(shown.expires_at));
    });
    expect(await available(day(2))).toBe(1);
    expect(await jobOf(body.data.order_id)).toBeUndefined();
    const told = await world.mysql.query(
      "SELECT id FROM notifications WHERE kind = 'order_cancelled' AND subject_id = ?",
      [body.data.order_id],
    );
    expect(told).toHaveLength(1);
    expect((await at.post(`/orders/${body.data.order_id}/payment`, {})).body.code).toBe("ORDER_CANCELLED");
  });

  test("is paid once however often it is said, and its job goes away", async () => {
    const at = await shop({ slotsPerDay: 5 });
    const { body } = await order(at, await article());
    const path = `/orders/${body.data.order_id}/payment`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => at.post(path, {})));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.body.data.paid_at)).size).toBe(1);
    expect(answers[0]?.body.data.status).toBe("paid");
    expect(Date.parse(answers[0]?.body.data.promoted_until) - Date.parse(answers[0]?.body.data.promoted_from)).toBe(
      86_400_000,
    );
    expect(await jobOf(body.data.order_id)).toBeUndefined();
    expect(await available(day(0))).toBe(4);
  });

  test("can be withdrawn until it is paid: the slot goes back once, and the job goes away", async () => {
    const at = await shop({ slotsPerDay: 9 });
    const on = day(5);
    const { body } = await order(at, await article(), { day: on });
    const before = (await available(on)) as number;
    const path = `/orders/${body.data.order_id}`;
    const answers = await Promise.all([at.send("DELETE", path), at.send("DELETE", path)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body.data).toMatchObject({ status: "cancelled", article_title: "article 1" });
    expect(await available(on)).toBe(before + 1);
    expect(await jobOf(body.data.order_id)).toBeUndefined();
    const { body: other } = await order(at, await article(), { day: on });
    await at.post(`/orders/${other.data.order_id}/payment`, {});
    expect((await at.send("DELETE", `/orders/${other.data.order_id}`)).body.code).toBe("ORDER_PAID");
  });

  test("beyond the day's slots is refused: 40 at once for 7 slots sell 7", async () => {
    const at = await shop({ slotsPerDay: 7 });
    const ids = await world.addArticles(40, { authorId: author });
    const answers = await Promise.all(ids.map((id) => order(at, id, { day: day(3) })));
    const by = (status: number) => answers.filter((answer) => answer.status === status);
    expect(by(201)).toHaveLength(7);
    for (const refused of answers.filter(({ status }) => status !== 201)) {
      expect([409, 503]).toContain(refused.status);
      if (refused.status === 409) expect(refused.body.code).toBe("SOLD_OUT");
    }
    expect(await available(day(3))).toBe(0);
    const [rows] = await world.mysql.query<{ orders: string }>("SELECT COUNT(*) AS orders FROM orders WHERE day = ?", [
      day(3),
    ]);
    expect(rows?.orders).toBe("7");
    const [inStore] = await world.mysql.query<{ jobs: string }>(
      "SELECT COUNT(*) AS jobs FROM scheduler_jobs j JOIN orders o ON j.id = CONCAT('order:', o.id) WHERE o.day = ?",
      [day(3)],
    );
    expect(inStore?.jobs).toBe("7");
  });

  test("with an Idempotency-Key is placed once", async () => {
    const at = await shop({ slotsPerDay: 9 });
    const id = await article();
    const send = () => at.post("/orders", { article_id: String(id), day: day(4) }, { "idempotency-key": "once" });
    const [first, second] = [await send(), await send()];
    expect(second.body.data.order_id).toBe(first.body.data.order_id);
    expect(await available(day(4))).toBe(8);
    const other = await at.post("/orders", { article_id: String(id), day: day(5) }, { "idempotency-key": "once" });
    expect(other.status).toBe(422);
  });

  test("is for one's own published article, once a day, within a week", async () => {
    const at = await shop();
    const [own, stranger] = [await article(), (await world.addArticles(1, { authorId: author + 100n }))[0] as bigint];
    expect((await order(at, stranger)).status).toBe(403);
    expect((await order(at, 987_654_321n)).status).toBe(404);
    expect((await order(at, own, { day: day(-1) })).body.errors[0].field).toBe("day");
    expect((await order(at, own, { day: day(8) })).body.errors[0].field).toBe("day");
    expect((await order(at, own, { day: "tomorrow" })).body.errors[0].field).toBe("day");
    expect((await at.post("/orders", {})).body.errors[0].field).toBe("article_id");
    expect((await order(at, own, { day: day(6) })).status).toBe(201);
    expect((await order(at, own, { day: day(6) })).body.code).toBe("ALREADY_ORDERED");
  });

  test("is shown to nobody else, and guests are told to sign in", async () => {
    const at = await shop();
    const { body } = await order(at, await article(), { day: day(5) });
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    const other = client(gateway, await bearer(await world.addUser("somebody else")));
    expect((await other.get(`/orders/${body.data.order_id}`)).status).toBe(404);
    expect((await other.post(`/orders/${body.data.order_id}/payment`, {})).status).toBe(404);
    expect((await client(gateway).get("/orders")).status).toBe(401);
    const mine = (await at.get("/orders?per_page=1")).body.data;
    expect(mine.results[0].order_id).toBe(body.data.order_id);
    expect((await at.get(`/orders?per_page=50&before=${mine.next}`)).body.data.results.length).toBeGreaterThan(3);
  });

  test("paid at the very moment it expires is either paid or cancelled, and the slots agree", async () => {
    const at = await shop({ timeoutMs: 1_500, slotsPerDay: 30 });
    const on = day(6);
    const before = (await available(on)) ?? 30;
    const ids = await world.addArticles(20, { authorId: author });
    const orders = (await Promise.all(ids.map((id) => order(at, id, { day: on })))).filter(
      ({ status }) => status === 201,
    );
    const paid = await Promise.all(
      orders.map(async ({ body }, index) => {
        const waitMs = Date.parse(body.data.expires_at) - Date.now() + (index - 10) * 4;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
        return (await at.post(`/orders/${body.data.order_id}/payment`, {})).status === 200;
      }),
    );
    await eventually(async () => {
      for (const { body } of orders) expect(await jobOf(body.data.order_id)).toBeUndefined();
      const statuses = await Promise.all(
        orders.map(async ({ body }) => (await at.get(`/orders/${body.data.order_id}`)).body.data.status),
      );
      expect(statuses).toEqual(paid.map((was) => (was ? "paid" : "cancelled")));
    });
    expect(await available(on)).toBe(before - paid.filter(Boolean).length);
  });

  describe("of an article that is deleted", () => {
    const remove = (at: Client, id: bigint, query = "") => at.send("DELETE", `/articles/${id}${query}`);
    const status = async (at: Client, id: string) => (await at.get(`/orders/${id}`)).body.data;

    async function promoted(at: Client, on: string) {
      const id = await article();
      const { body } = await order(at, id, { day: on });
      expect((await at.post(`/orders/${body.data.order_id}/payment`, {})).status).toBe(200);
      return { id, orderId: body.data.order_id as string };
    }

    async function slotsAreRight() {
      const before = await Promise.all([day(0), day(1), day(4), day(6)].map(available));
      await healed();
      expect(await Promise.all([day(0), day(1), day(4), day(6)].map(available))).toEqual(before);
    }

    test("is cancelled while it is not paid: its slot goes back once, its job away, and it cannot be paid", async () => {
      const at = await shop({ slotsPerDay: 9 });
      const id = await article();
      const orders = await Promise.all([day(4), day(1)].map((on) => order(at, id, { day: on })));
      const before = await Promise.all([day(4), day(1)].map(available));
      const answers = await Promise.all([remove(at, id), remove(at, id)]);
      expect(answers.map((answer) => [answer.status, answer.body.data])).toEqual(
        Array(2).fill([200, { article_id: String(id) }]),
      );
      expect(await Promise.all([day(4), day(1)].map(available))).toEqual(before.map((left) => Number(left) + 1));
      for (const { body } of orders) {
        expect(await status(at, body.data.order_id)).toMatchObject({ status: "cancelled" });
        expect(await jobOf(body.data.order_id)).toBeUndefined();
        expect((await at.post(`/orders/${body.data.order_id}/payment`, {})).body.code).toBe("ORDER_CANCELLED");
      }
      expect((await order(at, id, { day: day(5) })).status).toBe(404);
      const orphan = await article();
      const { body } = await order(at, orphan, { day: day(1) });
      await world.mysql.write("UPDATE articles SET status = 2 WHERE id = ?", [orphan]); // by hand
      expect((await at.post(`/orders/${body.data.order_id}/payment`, {})).status).toBe(404);
      await slotsAreRight();
    });

    test("holds the deletion up once it is paid, until its author gives it up; nothing is paid back", async () => {
      const at = await shop({ slotsPerDay: 9 });
      const { id, orderId } = await promoted(at, day(4));
      const paid = await status(at, orderId);
      const unpaid = (await order(at, id, { day: day(1) })).body.data;
      const before = await Promise.all([day(4), day(1)].map(available));
      expect(await remove(at, id)).toMatchObject({ status: 409, body: { code: "PROMOTED" } });
      expect((await remove(at, id, "?give_up_promotion=2")).body.errors[0].field).toBe("give_up_promotion");
      expect(await Promise.all([status(at, orderId), status(at, unpaid.order_id)])).toEqual([paid, unpaid]);
      expect(await Promise.all([day(4), day(1)].map(available))).toEqual(before);
      expect(await activePromotions(world.mysql)).toContainEqual(expect.objectContaining({ articleId: id }));

      expect((await remove(at, id, "?give_up_promotion=1")).status).toBe(200);
      const ended = await status(at, orderId);
      expect(ended).toMatchObject({ status: "paid", paid_at: paid.paid_at, promoted_from: ended.promoted_until });
      expect(Date.parse(ended.promoted_until)).toBeLessThan(Date.parse(paid.promoted_from));
      expect(await status(at, unpaid.order_id)).toMatchObject({ status: "cancelled" });
      expect(await Promise.all([day(4), day(1)].map(available))).toEqual(before.map((left) => Number(left) + 1));
      expect(await activePromotions(world.mysql)).not.toContainEqual(expect.objectContaining({ articleId: id }));
      const [change] = await world.mysql.query(
        "SELECT COUNT(*) AS n FROM changes WHERE topic = 'promotion' AND subject_id = ?",
        [id],
      );
      expect(change).toEqual({ n: "2" }); // the payment, and its end
      expect((await at.post(`/orders/${orderId}/payment`, {})).body.data).toEqual(ended);
      await slotsAreRight();
    });

    test("keeps its slot on a day that has begun, and holds nothing up once it is over", async () => {
      const at = await shop({ slotsPerDay: 9 });
      const [running, over] = [await promoted(at, day(0)), await promoted(at, day(0))];
      await world.mysql.write("UPDATE orders SET promoted_until = promoted_from + 1 WHERE id = ?", [over.orderId]);
      const before = await available(day(0));
      expect((await remove(at, running.id)).body.code).toBe("PROMOTED");
      expect((await remove(at, running.id, "?give_up_promotion=1")).status).toBe(200);
      expect((await remove(at, over.id)).status).toBe(200);
      expect(await available(day(0))).toBe(before);
      await slotsAreRight();
    });

    test("and paid at once is either cancelled or holds the deletion up; ordered at once it never stands", async () => {
      const at = await shop();
      await world.mysql.write(
        "UPDATE promotion_days SET capacity = capacity + 50, available = available + 50 WHERE day = ?",
        [day(6)],
      );
      const ids = await world.addArticles(24, { authorId: author });
      const [paying, ordering] = [ids.slice(0, 16), ids.slice(16)];
      const orders: { article_id: string; order_id: string }[] = [];
      for (const id of paying) orders.push((await order(at, id, { day: day(6) })).body.data);
      await Promise.all([
        ...orders.map(async ({ article_id, order_id }, index) => {
          const pay = () => at.post(`/orders/${order_id}/payment`, {});
          const both =
            index % 2 === 0 ? [pay, () => remove(at, BigInt(article_id))] : [() => remove(at, BigInt(article_id)), pay];
          await Promise.all(both.map((ask) => ask()));
        }),
        ...ordering.map((id) => Promise.all([order(at, id, { day: day(6) }), remove(at, id)])),
      ]);
      const rows = await world.mysql.query<{ article: number; status: number; standing: number | null }>(
        `SELECT a.status AS article, o.status, o.standing FROM orders o JOIN articles a ON a.id = o.article_id
          WHERE a.id IN (${ids.map(() => "?").join(", ")})`,
        ids,
      );
      const [published, deleted, paid, cancelled] = [1, 2, 2, 3];
      for (const row of rows)
        expect([
          { article: published, status: paid, standing: 1 },
          { article: published, status: 1, standing: 1 }, // neither got a place: too many at once
          { article: deleted, status: cancelled, standing: null },
        ]).toContainEqual(row);
      await slotsAreRight();
    });
  });

  test("whose job somebody removed is cancelled all the same", async () => {
    const at = await shop({ timeoutMs: 30_000, slotsPerDay: 30 });
    const { body } = await order(at, await article(), { day: day(2) });
    expect(body.data.status).toBe("unpaid");
    await jobs.scheduler.removeJob(`order:${body.data.order_id}`);
    await world.mysql.write("UPDATE orders SET expires_at = expires_at - 60000 WHERE id = ?", [body.data.order_id]);
    await jobs.scheduler.runNow("heal-orders", undefined, { overlap: "queue-one" });
    await eventually(async () => {
      expect((await at.get(`/orders/${body.data.order_id}`)).body.data.status).toBe("cancelled");
    });
  });

  test("a wrong number of slots is found and repaired, and the result says so", async () => {
    await jobs.scheduler.pauseJob("heal-orders"); // or its own run may come first
    await healed(); // and so may one that was under way
    await world.mysql.write("UPDATE promotion_days SET available = available + 3 WHERE day = ?", [day(3)]);
    expect(await healed()).toMatchObject({ slots: { wrong: 1, largestError: 3 } });
    expect(await available(day(3))).toBe(0);
  });
});
