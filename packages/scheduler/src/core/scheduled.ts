import { thrownLine } from "./describe-thrown.js";
import { checkSpec, type JobSpec } from "./job-spec.js";
import type { Scheduler } from "./scheduler.js";
import type { RunContext } from "./task.js";

/** A job without its function, which is the one the decorator stands at; `func` gives that another name. */
export type ScheduledSpec = Omit<JobSpec, "func"> & { readonly func?: string };

type Declaring = Pick<Scheduler, "logger" | "registerTask" | "addJob">;

/**
 * A method decorator: each instance adds a job that calls the method on it; a static method's job is its class's.
 * A shared store keeps names, so there give `func` (the latest instance runs the task of that name), and an `id` with
 * `onConflict: "keep"`, or each start of the program adds another job.
 */
export function Scheduled(scheduler: Declaring, spec: ScheduledSpec) {
  checkScheduled(spec);
  return <This>(
    // biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
    decorated: (this: This, context: RunContext, ...args: any[]) => unknown,
    context: ClassMethodDecoratorContext<This>,
  ): void => {
    context.addInitializer(function () {
      // A decorator above this one, or a subclass, may have put another method in its place.
      const method = context.private ? decorated : (this as Record<string | symbol, typeof decorated>)[context.name]!;
      const owner = context.static ? (this as { name: string }) : (this as object).constructor;
      const task = method.bind(this);
      Object.defineProperty(task, "name", { value: `${owner.name}.${String(context.name)}` });
      if (spec.func !== undefined) scheduler.registerTask(spec.func, task);
      addDeclared(scheduler, { ...spec, func: spec.func ?? task });
    });
  };
}

/** Throws on an option that no job has, where the method stands. */
export function checkScheduled(spec: ScheduledSpec): void {
  checkSpec(spec, "@Scheduled");
}

/** A declaration cannot be awaited, so what goes wrong with it is logged. */
export function addDeclared(scheduler: Pick<Declaring, "logger" | "addJob">, spec: JobSpec): void {
  const name = spec.id ?? (typeof spec.func === "string" ? spec.func : spec.func.name);
  scheduler
    .addJob(spec)
    .catch((error: unknown) => scheduler.logger.error(`Job "${name}" could not be added: ${thrownLine(error)}`));
}
