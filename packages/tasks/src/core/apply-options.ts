import { checkKnown, checkMilliseconds, checkNumbers, type OptionNames } from "@headline/scheduler/kit";

/** Options of a call. Times are seconds, as in Celery, or moments. */
export interface ApplyOptions {
  readonly args?: readonly unknown[];
  /** Object passed to the task after `args`. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Seconds from now until it may begin. */
  readonly countdown?: number;
  /** Moment from which it may begin, instead of `countdown`. */
  readonly eta?: Date | number;
  /** Seconds from now, or the moment, after which it is REVOKED instead of begun. */
  readonly expires?: number | Date;
  /** Retries any error, up to this many times. */
  readonly retries?: number;
  /** Retries at most, instead of the task's own limit. */
  readonly maxRetries?: number;
  readonly retryBackoff?: boolean | number;
  readonly queue?: string;
  /** Id of the call: sending the same one again does nothing as long as its result is kept. */
  readonly taskId?: string;
  /** 0, the default, comes first; then 1, 2, … */
  readonly priority?: number;
  /** Calls that are sent once this one has succeeded, with its result in front of their arguments. */
  readonly link?: Signature | readonly Signature[];
  /** Calls that are sent once this one has failed, with its id in front of their arguments. */
  readonly linkError?: Signature | readonly Signature[];
}

/** Times of a link: durations count from the end of the link before, moments are epoch ms. */
export interface LinkTimes {
  readonly countdownMs?: number;
  readonly eta?: number;
  readonly expiresMs?: number;
  readonly expires?: number;
}

/** Call as a value, for chains and groups. */
export interface Signature<Result = unknown> {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly options: Omit<ApplyOptions, "args">;
  /** Whether nothing is put in front of its arguments. */
  readonly isImmutable: boolean;
  /** Returns the same call, which takes no result of another. */
  immutable(): Signature<Result>;
  /** Returns the same call with further options, such as `{ queue: "slow" }`. */
  set(options: Omit<ApplyOptions, "args">): Signature<Result>;
}

const NAMES: OptionNames<ApplyOptions> = {
  args: true,
  kwargs: true,
  countdown: true,
  eta: true,
  expires: true,
  retries: true,
  maxRetries: true,
  retryBackoff: true,
  queue: true,
  taskId: true,
  priority: true,
  link: true,
  linkError: true,
};

/** Throws on an unknown option. */
export function checkApplyOptions(options: ApplyOptions): void {
  checkKnown<ApplyOptions>(options, NAMES, "a call of a task");
  checkNumbers<ApplyOptions>(options, { retries: "amount", priority: "amount" });
}

/** Signatures of a `link` or `linkError`. */
export function linksOf(link: ApplyOptions["link"]): readonly Signature[] {
  if (link === undefined) return [];
  return Array.isArray(link) ? (link as readonly Signature[]) : [link as Signature];
}

const ID = /^[\w.-]{1,128}$/;

/** Returns the id, or throws: ids are part of Redis keys, and digits alone are those of BullMQ. */
export function checkedTaskId(id: string): string {
  if (!ID.test(id) || /^\d+$/.test(id)) {
    throw new TypeError(`taskId: must be 1 to 128 letters, digits, "_", "." or "-", not digits alone; is "${id}"`);
  }
  return id;
}

/** Time of its start, epoch ms; null for at once. */
export function etaOf({ countdown, eta }: ApplyOptions, nowMs: number): number | null {
  if (eta !== undefined) return momentOf("eta", eta);
  if (countdown === undefined) return null;
  return nowMs + millisecondsOf("countdown", countdown);
}

/** Time of its expiry, epoch ms; null for never. */
export function expiryOf({ expires }: ApplyOptions, nowMs: number): number | null {
  if (expires === undefined) return null;
  return expires instanceof Date ? momentOf("expires", expires) : nowMs + millisecondsOf("expires", expires);
}

/** Times of a later link of a chain: durations stay durations until the link before it has ended. */
export function linkTimesOf({ countdown, eta, expires }: ApplyOptions): LinkTimes {
  return {
    ...(eta === undefined ? {} : { eta: momentOf("eta", eta) }),
    ...(countdown === undefined || eta !== undefined ? {} : { countdownMs: millisecondsOf("countdown", countdown) }),
    ...(expires instanceof Date ? { expires: momentOf("expires", expires) } : {}),
    ...(typeof expires === "number" ? { expiresMs: millisecondsOf("expires", expires) } : {}),
  };
}

export function millisecondsOf(field: string, seconds: number): number {
  if (!(seconds >= 0 && Number.isFinite(seconds)))
    throw new TypeError(`${field}: must be seconds, 0 or more, is ${seconds}`);
  if (seconds >= 1e9)
    throw new TypeError(`${field}: seconds from now, ${seconds} are too many; give a moment as a Date`);
  return Math.round(seconds * 1_000);
}

function momentOf(field: string, at: Date | number): number {
  const ms = typeof at === "number" ? at : at.getTime();
  if (!Number.isFinite(ms)) throw new TypeError(`${field}: must be a valid Date or epoch ms`);
  if (typeof at === "number") checkMilliseconds(at, field);
  return ms;
}
