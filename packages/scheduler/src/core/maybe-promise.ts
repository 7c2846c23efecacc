/** What a store in this process answers at once and a shared one after a round trip. */
export type MaybePromise<T> = T | Promise<T>;
