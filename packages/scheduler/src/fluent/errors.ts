/** Error of `every()`; names and most texts are those of Python's `schedule`. */
export class ScheduleError extends Error {
  override readonly name: string = "ScheduleError";
}

/** Error for a value that a call does not accept. */
export class ScheduleValueError extends ScheduleError {
  override readonly name: string = "ScheduleValueError";
}

/** Error for an interval that a unit does not accept: `every(2).day`, `every(2).monday`, `every(0)`. */
export class IntervalError extends ScheduleValueError {
  override readonly name: string = "IntervalError";
}
