import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunningRecommendation } from "@headline/recommendation";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningGateway } from "../../services/gateway/src/open-gateway.js";
import { openWorld, type World } from "../../services/gateway/test/open-world.js";
import { cut, table } from "./table.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const UNUSED = "127.0.0.1:1";

describe("a table", () => {
  test("is as wide as what stands in it, and Chinese takes two columns", () => {
    expect(
      table(
        ["a", "title"],
        [
          ["1", "机器人"],
          ["12", "x"],
        ],
      ),
    ).toBe("a   title\n──  ──────\n1   机器人\n12  x\n");
    expect(cut("机器人", 5)).toBe("机器…");
    expect(cut("robot", 5)).toBe("robot");
  });
});

describe("called by hand", () => {
  let world: World;
  let recommendation: RunningRecommendation;
  let gateway: RunningGateway;
  beforeAll(async () => {
    world = await openWorld();
    await world.addArticles(12, { authorId: await world.addUser("carol") });
    recommendation = await world.openRecommendation({ explainAddress: "127.0.0.1:0" }); // at the same address
    gateway = await world.openGateway({ recommenderAddress: recommendation.address });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test("npm run rpc shows a page, and why it is as it is", async () => {
    const page = await run(
      "rpc",
      "--user",
      "7",
      "--num",
      "3",
      "--timeout",
      "60000",
      "--address",
      recommendation.address,
    );
    expect(page.text).toMatch(/mode +refresh[\s\S]+# +article_id +reason\n[\s\S]+3 +\d+ +\w+/);
    const why = await run("rpc", "--user", "7", "--explain", "--timeout", "60000", "--address", recommendation.address);
    expect(why.text).toMatch(/ranked by[\s\S]+recalled by +dropped by/);
    const refused = await run("rpc", "--channel", "77", "--address", recommendation.address);
    expect(refused).toMatchObject({ code: 1, text: expect.stringContaining("The service refuses: ") });
  });

  test("npm run feed shows pages with titles", async () => {
    const { text, code } = await run("feed", "--pages", "2", "--per-page", "5", "--url", gateway.url);
    expect(code).toBe(0);
    expect(text).toMatch(/page 1 [\s\S]+article \d+ +carol[\s\S]+page 2 /);
  });

  test("names the option that is wrong, and says what to do when no server answers", async () => {
    const [option, rpc, feed] = await Promise.all([
      run("rpc", "--num", "many"),
      run("rpc", "--address", UNUSED),
      run("feed", "--url", `http://${UNUSED}`),
    ]);
    expect(option).toMatchObject({
      code: 2,
      text: expect.stringContaining("--num must be a whole number from 1 to 50"),
    });
    expect(rpc).toMatchObject({ code: 1, text: expect.stringContaining(`No service answers at ${UNUSED}`) });
    expect(feed).toMatchObject({ code: 1, text: expect.stringContaining("`npm start` starts a gateway") });
  });
});

/** Output of the program and its exit code. */
function run(name: "rpc" | "feed", ...args: string[]): Promise<{ text: string; code: number | null }> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--conditions=headline-source", `tools/calling/${name}.ts`, ...args],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "" },
    },
  );
  let text = "";
  const write = (chunk: Buffer) => {
    text += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", write);
  return new Promise((resolve) => child.once("close", (code) => resolve({ text, code })));
}
