/** Function of a job made by `every()`. */
// biome-ignore lint/suspicious/noExplicitAny: a job names the types of its own arguments
export type JobFunction = (...args: any[]) => unknown;
