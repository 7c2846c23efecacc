import { thrownLine } from "../core/describe-thrown.js";
import { checkSpec, type JobSpec } from "../core/job-spec.js";
import type { Json } from "../core/json.js";
import type { WithArguments } from "../core/json-arguments.js";
import type { Logger } from "../core/logger.js";
import type { RunContext, TaskFunction } from "../core/task.js";

/** Description of a decorated job; its function is the decorated one, and `func` is the name of its task. */
export type ScheduledSpec = Omit<JobSpec, "func"> & { readonly func?: string };

/** Calls of a scheduler that decorators use. */
export interface JobDeclarer {
  readonly logger: Logger;
  registerTask(name: string, fn?: TaskFunction): void;
  addJob(spec: JobSpec): Promise<unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: a task names the types of its own arguments
type Method<This = any> = (this: This, context: RunContext, ...args: any[]) => unknown;

/** Method decorator in the standard form and in that of TypeScript's `experimentalDecorators`. */
export interface MethodDecorator {
  <This>(decorated: Method<This>, context: ClassMethodDecoratorContext<This>): void;
  <F extends Method>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<F>): void;
}

/** Decorated method, of an instance or a class. */
interface Declaration {
  readonly scheduler: JobDeclarer;
  readonly spec: ScheduledSpec;
  readonly name: string | symbol;
}

/** Declarations by their prototype: the older form makes no call for each instance. */
const declaredAt = new WeakMap<object, Declaration[]>();
const scheduledInstances = new WeakSet<object>();

/**
 * Method decorator: each instance adds a job that calls the method on it; a static method's job is its class's.
 * In a shared store give `func`, because it keeps names (the latest instance runs the task of that name), and an `id` with
 * `onConflict: "keep"`, or each start of the program adds another job. Under `experimentalDecorators` instances add
 * their jobs by `scheduleMethods(this)`.
 *
 * ```ts
 * class Greeter {
 *   @Scheduled(scheduler, { trigger: interval({ minutes: 5 }) })
 *   greet() {}
 * }
 * ```
 */
export function Scheduled<Args extends readonly unknown[] = readonly Json[], Kwargs = Json>(
  scheduler: JobDeclarer,
  given: WithArguments<ScheduledSpec, Args, Kwargs>,
): MethodDecorator {
  const spec = given as ScheduledSpec;
  checkScheduled(spec);
  return (target: object, context: ClassMethodDecoratorContext | string | symbol, descriptor?: PropertyDescriptor) => {
    if (typeof context === "object") declareByInitializer(target as Method, context, { scheduler, spec });
    else declareByPrototype(target, descriptor, { scheduler, spec, name: context });
  };
}

/** Adds the jobs of an instance's `@Scheduled` methods under `experimentalDecorators`, once; the standard form needs no call. */
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

/** Adds the job of a method, which a decorator above this one, or a subclass, may have replaced. */
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

/** Throws on an option that no job has, at the declaration. */
export function checkScheduled(spec: ScheduledSpec): void {
  checkSpec(spec, "@Scheduled");
}

/** Adds the job of a declaration, which cannot be awaited: a failure is logged. */
export function addDeclared(scheduler: Pick<JobDeclarer, "logger" | "addJob">, spec: JobSpec): void {
  const name = spec.id ?? (typeof spec.func === "string" ? spec.func : spec.func.name);
  scheduler
    .addJob(spec)
    .catch((error: unknown) => scheduler.logger.error(`Job "${name}" could not be added: ${thrownLine(error)}`));
}
