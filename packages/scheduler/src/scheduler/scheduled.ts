import { thrownLine } from "../core/describe-thrown.js";
import { checkSpec, type JobSpec } from "../core/job-spec.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import type { RunContext } from "../core/task.js";
import type { Scheduler } from "./scheduler.js";

/** A job without its function, which is the one the decorator stands at; `func` gives that another name. */
export type ScheduledSpec = Omit<JobSpec, "func"> & { readonly func?: string };

type Declaring = Pick<Scheduler, "logger" | "registerTask" | "addJob">;

// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
type Method<This = any> = (this: This, context: RunContext, ...args: any[]) => unknown;

/** The decorator in the standard's form and in that of TypeScript's `experimentalDecorators`. */
export interface MethodDecorator {
  <This>(decorated: Method<This>, context: ClassMethodDecoratorContext<This>): void;
  <F extends Method>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<F>): void;
}

/** A decorated method, of an instance or a class. */
interface Declaration {
  readonly scheduler: Declaring;
  readonly spec: ScheduledSpec;
  readonly name: string | symbol;
}

/** By the prototype at which they stand: the older form has no call for each instance. */
const declaredAt = new WeakMap<object, Declaration[]>();
const scheduledInstances = new WeakSet<object>();

/**
 * A method decorator: each instance adds a job that calls the method on it; a static method's job is its class's.
 * A shared store keeps names, so there give `func` (the latest instance runs the task of that name), and an `id` with
 * `onConflict: "keep"`, or each start of the program adds another job. Under `experimentalDecorators` instances add
 * theirs by `scheduleMethods(this)`.
 */
export function Scheduled<Args extends readonly unknown[] = readonly Json[], Kwargs = Json>(
  scheduler: Declaring,
  given: WithArguments<ScheduledSpec, Args, Kwargs>,
): MethodDecorator {
  const spec = given as ScheduledSpec;
  checkScheduled(spec);
  return (target: object, context: ClassMethodDecoratorContext | string | symbol, descriptor?: PropertyDescriptor) => {
    if (typeof context === "object") declareByInitializer(target as Method, context, { scheduler, spec });
    else declareByPrototype(target, descriptor, { scheduler, spec, name: context });
  };
}

/** Adds the jobs of an instance's `@Scheduled` methods under `experimentalDecorators`: once, and none in the standard's form, which has done so. */
export function scheduleMethods(instance: object): void {
  if (scheduledInstances.has(instance)) return;
  scheduledInstances.add(instance);
  for (let at = Object.getPrototypeOf(instance); at !== null; at = Object.getPrototypeOf(at)) {
    for (const declaration of declaredAt.get(at) ?? []) declare(instance, instance.constructor.name, declaration);
  }
}

function declareByInitializer(
  decorated: Method,
  { name, private: isPrivate, static: isStatic, addInitializer }: ClassMethodDecoratorContext,
  { scheduler, spec }: Omit<Declaration, "name">,
): void {
  addInitializer(function (this: unknown) {
    const owner = isStatic ? (this as { name: string }) : (this as object).constructor;
    declare(this as object, owner.name, { scheduler, spec, name }, isPrivate ? decorated : undefined);
  });
}

function declareByPrototype(
  target: object,
  descriptor: PropertyDescriptor | undefined,
  declaration: Declaration,
): void {
  const { name } = declaration;
  if (typeof descriptor?.value !== "function")
    throw new TypeError(`@Scheduled: ${String(name)} is no method; the decorator stands at methods only`);
  if (typeof target === "function") declare(target, target.name, declaration);
  else declaredAt.set(target, [...(declaredAt.get(target) ?? []), declaration]);
}

/** A decorator above this one, or a subclass, may have put another method in the place of the decorated one. */
function declare(
  self: object,
  owner: string,
  { scheduler, spec, name }: Declaration,
  method = (self as Record<string | symbol, Method>)[name]!,
): void {
  const task = method.bind(self);
  Object.defineProperty(task, "name", { value: `${owner}.${String(name)}` });
  if (spec.func !== undefined) scheduler.registerTask(spec.func, task);
  addDeclared(scheduler, { ...spec, func: spec.func ?? task });
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
