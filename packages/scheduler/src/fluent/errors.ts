/** Something asked of `every()` that cannot be; the names and most of the words are those of Python's `schedule`. */
export class ScheduleError extends Error {
  override readonly name: string = "ScheduleError";
}

/** A value that a call does not take. */
export class ScheduleValueError extends ScheduleError {
  override readonly name: string = "ScheduleValueError";
}

/** An interval that a unit does not take: `every(2).day`, `every(2).monday`, `every(0)`. */
export class IntervalError extends ScheduleValueError {
  override readonly name: string = "IntervalError";
}
