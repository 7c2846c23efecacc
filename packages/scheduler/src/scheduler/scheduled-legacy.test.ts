import { createRequire } from "node:module";
import { describe, expect, test } from "@jest/globals";
import { type TransformConfig, transformSync } from "@swc/core";
import * as lib from "../index.js";
import { VirtualClock } from "../simulation/virtual-clock.js";

const SOURCE = `
  const every = lib.interval({ seconds: 1 });
  class Base {
    static total = 0;
    names = [];
    constructor() { lib.scheduleMethods(this); }

    @lib.Scheduled(scheduler, { id: "total", trigger: every })
    static countAll() { this.total++; }

    @lib.Scheduled(scheduler, { trigger: every, args: ["hello"], tags: ["greeter"] })
    greet({ jobName }, word) { this.names.push(word + " by " + jobName); }
  }
  class Derived extends Base {
    greet(context, word) { super.greet(context, word + "!"); }
    plain() {}
  }
  return { Base, Derived };
`;

const LEGACY: TransformConfig = { legacyDecorator: true };
const FORMS: Record<string, TransformConfig> = {
  "as the standard has it": { decoratorVersion: "2022-03" },
  "under experimentalDecorators": LEGACY,
};

describe.each(Object.entries(FORMS))("@Scheduled, %s", (_form, transform) => {
  test("has a job for each instance and for the class", async () => {
    const { scheduler, clock, shut } = await open();
    const { Base, Derived } = compiled(SOURCE, transform, scheduler);
    const [base, derived] = [new Base(), new Derived()];
    lib.scheduleMethods(base);
    await clock.advance(2_100);
    expect(base.names).toEqual(Array(2).fill("hello by Base.greet"));
    expect(derived.names).toEqual(Array(2).fill("hello! by Derived.greet"));
    expect(Base.total).toBe(2);
    expect((await scheduler.getJobs({ tag: "greeter" })).length).toBe(2);
    await shut();
  });
});

test("an instance that asks for nothing has no jobs under experimentalDecorators, and fields cannot be decorated", async () => {
  const { scheduler, shut } = await open();
  const { Lazy } = compiled(
    "class Lazy { @lib.Scheduled(scheduler, {}) work() {} } return { Lazy };",
    LEGACY,
    scheduler,
  );
  new Lazy();
  expect(await scheduler.getJobs()).toEqual([]);
  const field = "class Wrong { @lib.Scheduled(scheduler, {}) work = () => {}; } return { Wrong };";
  expect(() => compiled(field, LEGACY, scheduler)).toThrow("@Scheduled: work is no method");
  await shut();
});

// biome-ignore lint/suspicious/noExplicitAny: classes of compiled text
type Classes = Record<string, any>;

function compiled(text: string, transform: TransformConfig, scheduler: lib.Scheduler): Classes {
  const { code } = transformSync(`export function make(lib, scheduler) {${text}}`, {
    swcrc: false,
    jsc: { parser: { syntax: "typescript", decorators: true }, target: "es2022", transform },
    module: { type: "commonjs" },
  });
  const exports = {} as { make(api: typeof lib, scheduler: lib.Scheduler): Classes };
  new Function("exports", "require", code)(exports, createRequire(import.meta.url));
  return exports.make(lib, scheduler);
}

async function open() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const scheduler = new lib.Scheduler({ clock, timezone: "UTC" });
  await scheduler.start();
  const shut = async () => {
    const stopped = scheduler.shutdown();
    await clock.advance(1_000);
    await stopped;
  };
  return { scheduler, clock, shut };
}
