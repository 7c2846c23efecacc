import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { verify } from "@node-rs/argon2";
import { openContentWorld } from "./open-content-world.js";
import { loadSample } from "./sample.js";

describe("the sample", () => {
  test("has only counts that are made of rows", async () => {
    await using world = await openContentWorld();
    const loaded = await loadSample(world.mysqlUrl);

    expect(await world.count("articles")).toBe(loaded.articles);
    expect(await world.count("article_contents")).toBe(loaded.articles);
    expect(await world.count("article_likes")).toBeGreaterThan(loaded.articles);
    expect(await world.count("follows")).toBeGreaterThan(0);
    expect(await world.wrongCounts()).toBe(0);
  });

  test("gives alice and bob the demo password, and nobody else one", async () => {
    await using world = await openContentWorld();
    await loadSample(world.mysqlUrl);

    const { names, password } = JSON.parse(readFileSync(new URL("./demo.json", import.meta.url), "utf8")) as {
      names: string[];
      password: string;
    };
    const withPassword = await world.mysql.query<{ name: string; password_hash: string }>(
      "SELECT name, password_hash FROM users WHERE password_hash IS NOT NULL ORDER BY name",
    );
    expect(withPassword.map(({ name }) => name)).toEqual(names);
    for (const { password_hash } of withPassword) expect(await verify(password_hash, password)).toBe(true);
  });

  test("is dated from now on backwards, with ids in the order of time, and nobody likes what is of their own", async () => {
    await using world = await openContentWorld();
    await loadSample(world.mysqlUrl);

    expect(await world.count(`articles WHERE published_at > ${Date.now() + 60_000}`)).toBe(0);
    const rows = await world.mysql.query<{ published_at: string }>("SELECT published_at FROM articles ORDER BY id");
    const times = rows.map((row) => Number(row.published_at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const ownLikes = "article_likes l JOIN articles a ON a.id = l.article_id AND a.author_id = l.user_id";
    expect(await world.count(ownLikes)).toBe(0);
  });

  test("that fails half-way leaves nothing behind", async () => {
    await using world = await openContentWorld();
    await world.mysql.write("DROP TABLE pinned_articles");

    await expect(loadSample(world.mysqlUrl)).rejects.toThrow(/pinned_articles/);

    expect(await world.count("articles")).toBe(0);
    expect(await world.count("users")).toBe(0);
  });
});
