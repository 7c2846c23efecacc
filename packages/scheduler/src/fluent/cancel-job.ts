/** A job that returns it does not run again. */
export const CancelJob: unique symbol = Symbol.for("@headline/scheduler/CancelJob");
