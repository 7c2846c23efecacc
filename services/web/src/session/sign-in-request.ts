import { signal } from "@preact/signals";

/** Reason of the sign-in dialog, "" without one; undefined while it is closed. */
export const signInRequest = signal<string | undefined>(undefined);

export function requestSignIn(why = ""): void {
  signInRequest.value = why;
}
