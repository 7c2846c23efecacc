import { expect, test } from "@jest/globals";
import { articles, newReader, openWorld } from "./open-world.js";

test("a reader's first page costs at most three statements, and the next ones none", async () => {
  await using world = await openWorld();
  await world.seed(articles(200));
  const { server, client } = await world.open({ metricsPort: 0 });
  const statements = async () => {
    const text = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
    const counts = [...text.matchAll(/^headline_dependency_seconds_count{dependency="mysql",[^}]*} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const ask = newReader(client);

  const atStart = await statements();
  expect((await ask(Date.now())).mode).toBe("refresh");
  const afterFirst = await statements();
  expect(afterFirst - atStart).toBe(3);
  for (let page = 1; page <= 5; page += 1) expect((await ask(Date.now() + page)).mode).toBe("refresh");
  expect(await statements()).toBe(afterFirst);
});
