import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { bundled } from "@headline/testkit";
import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  allOf,
  calendarInterval,
  cron,
  crontab,
  date,
  every,
  interval,
  ScheduleBook,
  Scheduler,
  type Trigger,
} from "../src/index.js";
import { MySQLJobStore } from "../src/stores/index.js";
import { heard } from "./quiet.js";

const BEIJING = "Asia/Beijing";
const UNKNOWN = 'timezone: unknown time zone "Asia/Beijing"';

describe("a zone that is none", () => {
  test.each<[string, () => unknown]>([
    ["Scheduler", () => new Scheduler({ timezone: BEIJING, logger: heard() })],
    ["cron", () => cron({ hour: 9, timezone: BEIJING })],
    ["crontab", () => crontab("0 9 * * *", { timezone: BEIJING })],
    ["interval", () => interval({ hours: 1, timezone: BEIJING })],
    ["calendarInterval", () => calendarInterval({ days: 1, timezone: BEIJING })],
    ["date", () => date({ in: { hours: 1 }, timezone: BEIJING })],
    ["ScheduleBook", () => new ScheduleBook({ timezone: BEIJING })],
    ["inTransaction", () => transaction(BEIJING)],
  ])("is refused where %s is made", (_, make) => {
    expect(make).toThrow(UNKNOWN);
  });

  test("is refused by every().at(), in its words", () => {
    expect(() => every().day.at("10:30", BEIJING)).toThrow('Unknown time zone "Asia/Beijing"');
  });

  test.each<[string, Trigger]>([
    ["JST", cron({ hour: 9, timezone: "JST" })],
    ["ctt", allOf(cron({ hour: 9, timezone: "ctt" }))],
    ["SystemV/PST8", date({ in: { hours: 1 }, timezone: "SystemV/PST8" })],
  ])("%s, which the next Node need not know, is refused before it is stored", async (name, trigger) => {
    const scheduler = new Scheduler({ logger: heard(), timezone: "UTC" });
    const added = scheduler.addJob({ func: () => {}, trigger });
    await expect(added).rejects.toThrow(`timezone: "${name}" is known to some versions of Node only`);
    expect(() => new Scheduler({ timezone: name })).toThrow("is known to some versions of Node only");
  });
});

function transaction(timezone: string) {
  const store = new MySQLJobStore({ url: "mysql://root@127.0.0.1:1/none" });
  return store.inTransaction(async () => {}, { timezone });
}

describe("TZ", () => {
  let program: string;
  beforeAll(async () => {
    program = await bundled(resolve(import.meta.dirname, "fixtures/zone-of-process.ts"));
  });

  test.each([
    ["", "UTC"],
    ["GMT+8", "-08:00"],
    ["GMT-8", "+08:00"],
    ["CST-8", "+08:00"],
    ["UTC0", "UTC"],
    [":Asia/Shanghai", "Asia/Shanghai"],
    ["/usr/share/zoneinfo/Asia/Shanghai", "Asia/Shanghai"],
    ["EST5EDT", "America/New_York"],
  ])('"%s" is the zone that Date has: %s', async (tz, zone) => {
    expect(await zoneOfProcess(program, tz)).toEqual({ zone, warnings: [], agrees: true });
  });

  test.each(["Asia/Beijing", "asia/shanghai", "CET-1CEST", "GMT+5:30"])(
    "%s, which Date takes for UTC, is warned of",
    async (tz) => {
      const { warnings, ...rest } = await zoneOfProcess(program, tz);
      expect(rest).toEqual({ zone: "UTC", agrees: true });
      expect(warnings).toEqual([`TZ: "${tz}" is no time zone here, UTC is used; write a name like Asia/Shanghai`]);
    },
  );
});

async function zoneOfProcess(program: string, tz: string): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...process.env, TZ: tz } });
  return JSON.parse(stdout);
}
