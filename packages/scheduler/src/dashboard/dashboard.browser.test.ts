import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasTime } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Scheduler } from "../core/scheduler.js";
import { MemoryJobStore } from "../stores/memory.js";
import { crontab, interval } from "../triggers/index.js";
import { type OpenDashboard, openDashboard } from "./testing/open-dashboard.js";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--renderer-process-limit=1",
];
/** For a machine that has much else to do. */
const PATIENCE_MS = 15_000;
const THEMES = ["light", "dark"] as const;
const here = existsSync(CHROMIUM);
const inBrowser = here ? describe : describe.skip;

inBrowser(here ? "in a browser" : `in a browser (SKIPPED: there is no ${CHROMIUM})`, () => {
  const shots = mkdtempSync(join(tmpdir(), "scheduler-dashboard-"));
  let browser: Browser;
  let open: OpenDashboard;
  let scheduler: Scheduler;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    open = await openDashboard({}, { stores: { default: new MemoryJobStore({ shared: true }) } });
    ({ scheduler } = open);
    scheduler.task("report", async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { rows: 12 };
    });
    scheduler.task("mail", () => {
      throw new Error("SMTP 421 <img src=x onerror=alert(1)>");
    });
    await scheduler.addJob({
      id: "report",
      name: "Nightly report",
      func: "report",
      trigger: crontab("30 3 * * *"),
      tags: ["nightly"],
    });
    await scheduler.addJob({
      id: "mail",
      name: "Mail the <b>digest</b>",
      func: "mail",
      trigger: interval({ seconds: 2 }),
      tags: ["mail"],
    });
    await scheduler.addJob({ id: `a/b"'<script>`, name: "Odd one", func: "report", trigger: interval({ hours: 1 }) });
  });
  afterAll(async () => {
    await browser.close();
    await open[Symbol.asyncDispose]();
  });

  async function visit(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(open.url + path);
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
  }

  const row = (page: Page, name: string) => page.locator("tbody tr", { hasText: name });

  test("filter, pause, resume, run, reschedule and remove, without a complaint of the browser", async () => {
    await using visited = await visit("/");
    const { page, complaints } = visited;
    await page.getByText("Live", { exact: true }).waitFor();

    await page.getByLabel("Search").fill("nightly");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/scheduler/?q=nightly");
    expect(await page.locator("tbody tr").count()).toBe(1);

    await page.evaluate(() => Object.assign(globalThis, { stillTheSamePage: true }));
    await row(page, "Nightly report").getByRole("button", { name: "Pause" }).click();
    await row(page, "Nightly report").getByText("Paused").waitFor();
    expect((await scheduler.getJob("report"))?.paused).toBe(true);
    await row(page, "Nightly report").getByRole("button", { name: "Resume" }).click();
    await row(page, "Nightly report").getByText("Scheduled").waitFor();

    await row(page, "Nightly report").getByRole("button", { name: "Run now" }).click();
    await row(page, "Nightly report").getByText("1/1").waitFor();
    await row(page, "Nightly report").getByText("Executed").waitFor();
    await row(page, "Nightly report")
      .locator("td[data-label=Average]", { hasText: /^7\d\d ms$/ })
      .waitFor();
    expect(await page.evaluate(() => "stillTheSamePage" in globalThis)).toBe(true);

    await page.getByRole("link", { name: "Nightly report" }).click();
    await page.getByLabel("New trigger").fill("61 * * * *");
    await page.getByRole("button", { name: "Reschedule" }).click();
    await page.getByText("minute: 61 is not between 0 and 59").waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining("400 (Bad Request)")]);
    expect(await page.getByLabel("New trigger").inputValue()).toBe("61 * * * *");
    await page.getByLabel("New trigger").fill("every 10 minutes");
    await page.getByRole("button", { name: "Reschedule" }).click();
    await page.getByText("The job has a new trigger.").waitFor();
    await page.locator("dd", { hasText: "interval[0:10:00]" }).waitFor();

    await page.getByRole("link", { name: "Remove…" }).click();
    await page.getByRole("button", { name: "Remove the job" }).click();
    await page.getByText("The job has been removed").waitFor();
    expect(await row(page, "Nightly report").count()).toBe(0);
    expect(await scheduler.getJob("report")).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  test("executions come by themselves, and an error that was unfolded stays so", async () => {
    await using visited = await visit("/executions");
    const { page, complaints } = visited;
    const first = page.locator("tbody tr", { hasText: "SMTP 421" }).first();
    await first.waitFor();
    const key = await first.getAttribute("data-key");
    const same = page.locator(`tbody tr[data-key='${key}']`);
    await same.locator("summary").click();
    await page.getByLabel("Job id").fill("half typed");
    const before = await page.locator("tbody tr").count();
    await page.locator("tbody tr").nth(before).waitFor();
    expect(await same.locator("details").getAttribute("open")).not.toBeNull();
    expect(await page.getByLabel("Job id").inputValue()).toBe("half typed");
    expect(complaints).toEqual([]);
  });

  test("a refused action says why, and another process's change appears", async () => {
    await using visited = await visit(`/jobs/default/${encodeURIComponent(`a/b"'<script>`)}`);
    const { page } = visited;
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByText("1 of 1 running").waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByRole("alert").getByText("maximum number of instances (1)").waitFor();
    const { record } = (await scheduler.getJob(`a/b"'<script>`))!;
    await page.waitForTimeout(2_100);
    const store = scheduler.stores.get("default")!;
    const current = await store.get(record.id);
    await store.update({ ...current!, nextRunMs: null });
    await page.locator(".bar").getByText("Paused").waitFor({ timeout: 4_000 });
  });

  test("works without a script", async () => {
    await using visited = await visit("/", { javaScriptEnabled: false });
    const { page } = visited;
    await row(page, "Odd one").getByRole("button", { name: "Run now" }).click();
    await page.getByText("The run has been submitted.").waitFor();
    await row(page, "Mail the").getByRole("button", { name: "Pause" }).click();
    await page.getByText("The job is paused.").waitFor();
    expect((await scheduler.getJob("mail"))?.paused).toBe(true);
    await row(page, "Mail the").getByRole("button", { name: "Resume" }).click();
    await page.getByText("The job is scheduled again.").waitFor();
  });

  test.each([
    ["desktop", 1280],
    ["phone", 390],
  ] as const)("fits a %s, light and dark", async (device, width) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using visited = await visit("/", { viewport: { width, height: 800 }, colorScheme });
      const { page, complaints } = visited;
      for (const path of ["/", "/executions", "/timeline", "/nodes", "/jobs/default/mail"]) {
        await page.goto(open.url + path);
        await page.screenshot({
          path: join(shots, `${device}-${colorScheme}-${path.split("/").at(-1) || "jobs"}.png`),
        });
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      }
      expect(complaints).toEqual([]);
    }
  });

  test("the colours of text have the contrast of AA, and all can be reached by keyboard", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using visited = await visit("/", { colorScheme });
      const { page } = visited;
      for (const path of ["/", "/executions", "/timeline", "/jobs/default/mail"]) {
        await page.goto(open.url + path);
        expect(await page.evaluate(FAINT_TEXTS)).toEqual([]);
      }
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    }
  });
});

/** Texts whose contrast with what is behind them is below 4.5, for the browser to find. */
const FAINT_TEXTS = `(() => {
  const rgb = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const [r, g, b, alpha = 1] = rgb(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  return [...document.querySelectorAll("body *:not(svg *)")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim() !== ""))
    .map((element) => [contrast(luminance(rgb(getComputedStyle(element).color)), luminance(groundOf(element))), element])
    .filter(([found]) => found < 4.5)
    .map(([found, element]) => found.toFixed(2) + " " + element.outerHTML.slice(0, 80));
})()`;
