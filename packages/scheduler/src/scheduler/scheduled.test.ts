import { describe, expect, test } from "@jest/globals";
import { MemoryJobStore, type RunContext, Scheduled, Scheduler, type SchedulerOptions } from "../index.js";
import { settled, VirtualClock } from "../simulation/virtual-clock.js";
import { interval } from "../triggers/index.js";

const everySecond = interval({ seconds: 1 });

async function open(optionsOf: (clock: VirtualClock) => SchedulerOptions = () => ({})) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const said: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => void said.push(line) };
  const scheduler = new Scheduler({ clock, timezone: "UTC", logger, ...optionsOf(clock) });
  await scheduler.start();
  const shut = async () => {
    const stopped = scheduler.shutdown();
    await clock.advance(1_000);
    await stopped;
  };
  return { scheduler, clock, said, shut };
}

describe("@Scheduled", () => {
  test("each instance has a job that calls its own method", async () => {
    const { scheduler, clock, shut } = await open();
    class Greeter {
      readonly greeted: string[] = [];
      constructor(readonly name: string) {}

      @Scheduled(scheduler, { trigger: everySecond, args: ["hello"], tags: ["greeter"] })
      greet({ jobName }: RunContext, word: string) {
        this.greeted.push(`${word} from ${this.name} by ${jobName}`);
      }
    }
    const [alice, bob] = [new Greeter("alice"), new Greeter("bob")];
    await clock.advance(2_100);
    expect(alice.greeted).toEqual(Array(2).fill("hello from alice by Greeter.greet"));
    expect(bob.greeted).toEqual(Array(2).fill("hello from bob by Greeter.greet"));
    expect(await scheduler.getJobs({ tag: "greeter" })).toHaveLength(2);
    await shut();
  });

  test("a static method has one job, with its class as `this`; a private one can be scheduled as well", async () => {
    const { scheduler, clock, shut } = await open();
    class Counter {
      static total = 0;
      #mine = 0;

      @Scheduled(scheduler, { id: "total", trigger: everySecond })
      static countAll() {
        // biome-ignore lint/complexity/noThisInStatic: it is what is tested
        this.total++;
      }

      @Scheduled(scheduler, { trigger: everySecond })
      // biome-ignore lint/correctness/noUnusedPrivateClassMembers: the scheduler calls it
      #count() {
        this.#mine++;
      }

      get mine() {
        return this.#mine;
      }
    }
    await clock.advance(1_100);
    expect((await scheduler.getJob("total"))?.name).toBe("Counter.countAll");
    const counter = new Counter();
    await clock.advance(2_000);
    expect([Counter.total, counter.mine]).toEqual([3, 2]);
    await shut();
  });

  test("a subclass's method of the same name is the one that is called", async () => {
    const { scheduler, clock, shut } = await open();
    const called: string[] = [];
    class Base {
      @Scheduled(scheduler, { trigger: everySecond })
      work() {
        called.push("base");
      }
    }
    class Derived extends Base {
      override work() {
        called.push("derived");
      }
    }
    new Derived();
    await clock.advance(1_100);
    expect(called).toEqual(["derived"]);
    expect((await scheduler.getJobs())[0]?.name).toBe("Derived.work");
    await shut();
  });

  test("in a shared store the job calls the task by name, and a restart finds it again", async () => {
    const { scheduler, clock, shut } = await open((clock) => ({
      stores: { default: new MemoryJobStore({ clock, shared: true }) },
    }));
    let count = 0;
    class Report {
      @Scheduled(scheduler, { id: "nightly", func: "report.nightly", trigger: everySecond, onConflict: "keep" })
      nightly() {
        count++;
      }
    }
    new Report();
    await settled();
    new Report();
    await clock.advance(3_000);
    expect((await scheduler.getJobs()).map(({ id, func }) => [id, func])).toEqual([["nightly", "report.nightly"]]);
    expect(count).toBe(3);
    await shut();
  });

  test("a shared store asks for a name", async () => {
    const { scheduler, said, shut } = await open((clock) => ({
      stores: { default: new MemoryJobStore({ clock, shared: true }) },
    }));
    class Nameless {
      @Scheduled(scheduler, { trigger: everySecond })
      work() {}
    }
    new Nameless();
    await settled();
    expect(said).toEqual([expect.stringMatching(/^Job "Nameless.work" could not be added: .*func: a shared store/)]);
    await shut();
  });

  test("a job that cannot be added is logged", async () => {
    const { scheduler, said, shut } = await open();
    class Twice {
      @Scheduled(scheduler, { id: "one", trigger: everySecond })
      work() {}
    }
    new Twice();
    new Twice();
    await settled();
    expect(said).toEqual([expect.stringMatching(/^Job "one" could not be added: .*conflicts/)]);
    await shut();
  });
});
