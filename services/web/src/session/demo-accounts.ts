import { signal } from "@preact/signals";

/** Names of demo accounts, where the gateway has any. */
export const demoAccounts = signal<readonly string[]>([]);
