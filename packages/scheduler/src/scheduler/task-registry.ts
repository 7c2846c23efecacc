import { checkName, checkNumbers, checkOneOf } from "../core/check-value.js";
import { JobSpecError } from "../core/errors.js";
import { checkedOverlap } from "../core/job-policy.js";
import type { JobRecord } from "../core/job-record.js";
import { checkKnown } from "../core/known-options.js";
import type { JobEnvironment } from "../core/new-job.js";
import type { Ack, TaskFunction, TaskOptions } from "../core/task.js";

/** Tasks by name; a task without a function runs in other processes. */
export class TaskRegistry {
  readonly #tasks = new Map<string, { readonly fn: TaskFunction | undefined; readonly options: TaskOptions }>();
  #names: readonly string[] = [];
  #local: readonly string[] = [];
  readonly #acks = new Map<string, Ack>();

  set(name: string, fn: TaskFunction | undefined, options: TaskOptions): void {
    if (name === "") throw new JobSpecError("name", "a task's name must not be empty");
    const refuse = (field: string, reason: string) => new JobSpecError(field, reason);
    checkName("name", name, refuse);
    checkKnown<TaskOptions>(options, { ack: true, timeoutMs: true, overlap: true }, `task "${name}"`);
    if (options.overlap !== undefined) checkedOverlap(options.overlap, `task "${name}": overlap`);
    checkOneOf(`task "${name}": ack`, options.ack, ["early", "late"], refuse);
    checkNumbers(options, { timeoutMs: "whole" }, (field, reason) => refuse(`task "${name}": ${field}`, reason));
    this.#tasks.set(name, { fn, options });
    if (options.ack === undefined) this.#acks.delete(name);
    else this.#acks.set(name, options.ack);
    this.#names = [...this.#tasks.keys()];
    this.#local = this.#names.filter((known) => this.#tasks.get(known)!.fn !== undefined);
  }

  has(name: string): boolean {
    return this.#tasks.has(name);
  }

  get(name: string): TaskFunction | undefined {
    return this.#tasks.get(name)?.fn;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Names of the tasks with a function in this process. */
  get localNames(): readonly string[] {
    return this.#local;
  }

  /** Acknowledgement of the tasks that declare one. */
  get acks(): ReadonlyMap<string, Ack> {
    return this.#acks;
  }

  /** Returns the task's own options, as defaults of its jobs. */
  defaultsOf(
    func: string | TaskFunction,
  ): Pick<JobEnvironment, "taskAck" | "taskTimeoutMs" | "taskOverlap" | "taskIsKnown"> {
    if (typeof func !== "string") return {};
    const options = this.#tasks.get(func)?.options;
    return {
      taskAck: options?.ack,
      taskTimeoutMs: options?.timeoutMs,
      taskOverlap: options?.overlap,
      taskIsKnown: options !== undefined,
    };
  }

  /** Returns the job with the settings that it leaves to its task. */
  withSettings(job: JobRecord): JobRecord {
    const { fromTask, func } = job;
    if (fromTask === undefined || typeof func !== "string") return job;
    const options = this.#tasks.get(func)?.options ?? {};
    return Object.assign(
      { ...job },
      ...fromTask.map((name) => (options[name] === undefined ? {} : { [name]: options[name] })),
    );
  }
}
