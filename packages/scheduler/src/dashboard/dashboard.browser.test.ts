import { existsSync } from "node:fs";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type OpenDashboard, openDashboard } from "../../test/dashboard/open-dashboard.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { MemoryJobStore } from "../stores/memory.js";
import { crontab, interval } from "../triggers/index.js";
import { lengthText } from "./times.js";

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
const PATIENCE_MS = 30_000;
jest.setTimeout(3 * PATIENCE_MS);
const DEVICES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 800 } } as const;
const THEMES = ["light", "dark"] as const;
const here = existsSync(CHROMIUM);
const inBrowser = here ? describe : describe.skip;

inBrowser(here ? "in a browser" : `in a browser (SKIPPED: there is no ${CHROMIUM})`, () => {
  let browser: Browser;
  /** The window of all visits but those without a script: a new one for each would cost more than what it shows. */
  let window: Page;
  let open: OpenDashboard;
  let scheduler: Scheduler;
  /** Ends the run of "report" that goes on. */
  let finishReport = () => {};
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    window = await (await browser.newContext()).newPage();
    open = await openDashboard({}, { stores: { default: new MemoryJobStore({ shared: true }) } });
    ({ scheduler } = open);
    scheduler.task("report", async () => {
      await new Promise<void>((resolve) => {
        finishReport = resolve;
      });
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
    await browser?.close();
    await open?.[Symbol.asyncDispose]();
  });

  async function visit(path: string, context?: BrowserContext) {
    const page = context === undefined ? window : await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.setViewportSize(DEVICES.desktop);
    await page.emulateMedia({ colorScheme: "light" });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(open.url + path);
    return {
      page,
      complaints,
      async [Symbol.asyncDispose]() {
        if (context !== undefined) return await context.close();
        for (const event of ["console", "pageerror"]) page.removeAllListeners(event);
        await page.goto("about:blank");
        await page.context().clearCookies();
      },
    };
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
    finishReport();
    await row(page, "Nightly report").getByText("Executed").waitFor();
    const [execution] = (await scheduler.executions({ jobId: "report" })).executions;
    await row(page, "Nightly report")
      .locator("td[data-label=Average]")
      .getByText(lengthText(execution!.durationMs!), { exact: true })
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
    finishReport();
    await page.getByText("1 of 1 running").waitFor({ state: "detached" });
    const store = scheduler.stores.get("default")!;
    const current = await store.get(record.id);
    await store.update({ ...current!, nextRunMs: null });
    await page.locator(".bar").getByText("Paused").waitFor();
  });

  test("works without a script", async () => {
    await using visited = await visit("/", await browser.newContext({ javaScriptEnabled: false }));
    const { page } = visited;
    await row(page, "Odd one").getByRole("button", { name: "Run now" }).click();
    await page.getByText("The run has been submitted.").waitFor();
    await row(page, "Mail the").getByRole("button", { name: "Pause" }).click();
    await page.getByText("The job is paused.").waitFor();
    expect((await scheduler.getJob("mail"))?.paused).toBe(true);
    await eventually(async () => {
      finishReport();
      const { executions } = await scheduler.executions({ limit: 20 });
      expect(executions.filter(({ finishedAt }) => finishedAt === null)).toEqual([]);
    });
    await row(page, "Mail the").getByRole("button", { name: "Resume" }).click();
    await page.getByText("The job is scheduled again.").waitFor();
  });

  test("fits a desktop and a phone, light and dark; the colours of text have the contrast of AA", async () => {
    await using visited = await visit("/");
    const { page, complaints } = visited;
    for (const path of ["/", "/executions", "/timeline", "/nodes", "/jobs/default/mail"]) {
      await page.goto(open.url + path);
      for (const [device, viewport] of Object.entries(DEVICES)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of THEMES) {
          await page.emulateMedia({ colorScheme });
          const looks = `${device}-${colorScheme}-${path.split("/").at(-1) || "jobs"}`;
          await photograph(page, looks);
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(viewport.width);
          expect([looks, await page.evaluate(FAINT_TEXTS)]).toEqual([looks, []]);
        }
      }
    }
    expect(complaints).toEqual([]);
  });

  test("all can be reached by keyboard", async () => {
    await using visited = await visit("/jobs/default/mail");
    const { page } = visited;
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
  });
});

/** For who looks at the pages: into the folder HEADLINE_SCREENSHOTS, if there is one. */
async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env["HEADLINE_SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/dashboard-${name}.png` });
}

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
