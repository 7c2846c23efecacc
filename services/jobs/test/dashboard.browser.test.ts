import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { type Browser, chromium, type Page } from "playwright-core";
import type { RunningJobs } from "../src/open-jobs.js";
import { openJobsOf, openWorld, type World } from "./open-world.js";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
/** For a machine that has much else to do. */
const PATIENCE_MS = 30_000;
const inBrowser = existsSync(CHROMIUM) ? describe : describe.skip;
if (!existsSync(CHROMIUM)) console.log(`skipped: no Chromium at ${CHROMIUM}`);

let world: World;
let jobs: RunningJobs;
let browser: Browser;
let page: Page;

inBrowser("the dashboard, to staff in a browser", () => {
  beforeAll(async () => {
    world = await openWorld();
    await world.mysql.write(
      "INSERT INTO users (name, password_hash, is_staff, created_at) VALUES ('editor', ?, 1, 1)",
      [await hash("a long password")],
    );
    jobs = await openJobsOf(world);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage({ viewport: { width: 1_200, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
  });

  afterAll(async () => {
    await browser?.close();
    await jobs?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  test("signs in, finds a job, runs it now, sees how long it took, pauses and resumes it", async () => {
    await page.goto(`${jobs.url}/`);
    await page.getByLabel("Name").fill("editor");
    await page.getByLabel("Password").fill("a long password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Correct statistics" }).waitFor();
    await screenshot("jobs");

    await page.goto(`${jobs.url}/?q=statistics`);
    expect(await page.getByRole("link", { name: "Heal orders" }).count()).toBe(0);
    await page.getByRole("link", { name: "Correct statistics" }).first().click();
    await page.getByRole("button", { name: /run now/i }).click();
    await page.goto(`${jobs.url}/executions?job=correct-statistics`);
    await page
      .getByRole("row", { name: /Executed/ })
      .first()
      .waitFor();
    expect(
      await page
        .getByRole("row", { name: /Executed/ })
        .first()
        .innerText(),
    ).toMatch(/\d+(\.\d+)? m?s/);
    await screenshot("executions");

    await page.goto(`${jobs.url}/jobs/default/correct-statistics`);
    await page.getByRole("button", { name: "Pause: Correct statistics" }).click();
    await page.getByRole("button", { name: "Resume: Correct statistics" }).waitFor();
    expect((await jobs.scheduler.getJob("correct-statistics"))?.paused).toBe(true);
    await page.getByRole("button", { name: "Resume: Correct statistics" }).click();
    await page.getByRole("button", { name: "Pause: Correct statistics" }).waitFor();
    expect((await jobs.scheduler.getJob("correct-statistics"))?.paused).toBe(false);
  });

  test("shows the background tasks and signs out", async () => {
    await page.goto(`${jobs.url}/tasks`);
    await page.getByRole("heading", { name: "Background tasks" }).waitFor();
    await screenshot("tasks");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Password").waitFor();
    await page.goto(`${jobs.url}/`);
    expect(page.url()).toContain("/sign-in");
  });
});

/** For people to look at, where SCREENSHOTS names a folder. */
async function screenshot(name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/jobs-${name}.png` });
}
