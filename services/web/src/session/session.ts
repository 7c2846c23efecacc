import { createClient, Problem, randomId, type Session } from "@headline/client";
import { computed, signal } from "@preact/signals";
import { readStored, store } from "../device/storage.js";

/** A signed-in user, and the tokens of the sign-in. */
interface SignedInUser {
  readonly userId: string;
  readonly name: string;
  readonly token: string;
  readonly refreshToken: string;
}

const GUEST = "headline.guest";
const SIGNED_IN = "headline.signed-in";
/** Limit of one attempt: an answer over a slow network may take all the time of a call. */
const ATTEMPT_MS = 10_000;

/** Key of the draft of a user's article, which is kept until they sign out. */
export function draftKey(userId: string): string {
  return `headline.draft.${userId}`;
}

const guestId = storedText(GUEST) ?? randomId();
store(GUEST, guestId);
store("headline.draft", undefined); // a draft that does not say whose it is

const current = signal<SignedInUser | undefined>(readStored(SIGNED_IN));
const leaving: (() => void)[] = [];
let isSigningOut = false;

/** The gateway, called by the reader of this page: the signed-in user, else a guest whose id this device made. */
export const client = createClient({
  session: sessionOf(current.peek()),
  onSession: storeSession,
  attemptMs: ATTEMPT_MS,
});

/** Milliseconds since the epoch at the gateway, in case this device's clock is wrong. */
export const serverNow = client.now;

/** Set when a sign-in ended by itself, until the reader has seen it. */
export const endedSignIn = signal<Problem | undefined>(undefined);

/** The reader; changes on sign-in and sign-out, not when a token is renewed. */
export const reader = signal<{ readonly userId: string; readonly name: string } | undefined>(current.peek());

/** Token of the signed-in user; each renewal makes another. */
export const accessToken = computed(() => current.value?.token);

/** The reader for a socket's handshake. */
export function handshake(): Readonly<Record<string, string>> {
  const token = accessToken.peek();
  return token === undefined ? { anonymous_id: guestId } : { token };
}

/** Calls `listener` before the reader becomes another one. */
export function beforeReaderChanges(listener: () => void): void {
  leaving.push(listener);
}

/** Signs out at once here, drops the user's draft, and ends the sign-in at the gateway when it can be reached. */
export function signOut(): void {
  const userId = reader.peek()?.userId;
  if (userId !== undefined) store(draftKey(userId), undefined);
  isSigningOut = true;
  void client.signOut(); // without an answer, the tokens end by themselves
  isSigningOut = false;
}

function storeSession({ userId = "", name = "", token, refreshToken = "" }: Session): void {
  const next = token === undefined ? undefined : { userId, name, token, refreshToken };
  const hasEnded = next === undefined && current.peek() !== undefined && !isSigningOut;
  store(SIGNED_IN, next);
  become(next);
  if (hasEnded) endedSignIn.value = new Problem("the sign-in has ended", { status: 401, code: "SIGNED_OUT" });
}

function become(next: SignedInUser | undefined): void {
  const isAnother = current.peek()?.userId !== next?.userId;
  if (isAnother) for (const listener of leaving) listener();
  current.value = next;
  if (isAnother) reader.value = next;
}

function sessionOf(user: SignedInUser | undefined): Session {
  return { ...user, anonymousId: guestId };
}

function storedText(key: string): string | undefined {
  const stored = readStored(key);
  return typeof stored === "string" ? stored : undefined;
}

/** Follows a sign-in or sign-out of another tab. */
addEventListener("storage", ({ key }) => {
  if (key !== SIGNED_IN) return;
  const next = readStored<SignedInUser>(SIGNED_IN);
  client.setSession(sessionOf(next));
  become(next);
});
