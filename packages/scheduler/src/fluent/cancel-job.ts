/** Value that a job returns to be removed. */
export const CancelJob: unique symbol = Symbol.for("@headline/scheduler/CancelJob");
