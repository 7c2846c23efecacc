import { signal } from "@preact/signals";

/** Why somebody is asked to sign in, "" for no other reason than that they want to; undefined while nobody is asked. */
export const signInAsked = signal<string | undefined>(undefined);

export function askSignIn(why = ""): void {
  signInAsked.value = why;
}
