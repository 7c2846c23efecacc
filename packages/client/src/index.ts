export type { CallArguments, CallOptions, Input, OperationName } from "./call.js";
export { type Client, type ClientOptions, createClient } from "./client.js";
export type { FeedOptions } from "./feed-pages.js";
export * from "./gen/api.js";
export { asProblem, Problem, type WrongField } from "./problem.js";
export { randomId } from "./random-id.js";
export type { Session } from "./session.js";
