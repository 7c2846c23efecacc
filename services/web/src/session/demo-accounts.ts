import { signal } from "@preact/signals";

/** Names of accounts to try the site with, where the gateway says that there are any. */
export const demoAccounts = signal<readonly string[]>([]);
