import { signal } from "@preact/signals";

/** Reason of the sign-in dialog, "" for the reader's own wish; undefined while it is closed. */
export const signInAsked = signal<string | undefined>(undefined);

export function askSignIn(why = ""): void {
  signInAsked.value = why;
}
