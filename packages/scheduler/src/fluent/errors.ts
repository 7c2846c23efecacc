/** Error of `every()`; names and most texts are those of Python's `schedule`. */
export class ScheduleError extends Error {
  override readonly name: string = "ScheduleError";
}

/** Thrown for an invalid value. */
export class ScheduleValueError extends ScheduleError {
  override readonly name: string = "ScheduleValueError";
}

/** Thrown for an interval that does not fit its unit: `every(2).day`, `every(2).monday`, `every(0)`. */
export class IntervalError extends ScheduleValueError {
  override readonly name: string = "IntervalError";
}
