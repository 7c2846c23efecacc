import { computed, signal } from "@preact/signals";
import { randomId } from "../api/random-id.js";
import { Problem, type Request, send } from "../api/send.js";
import { keep, readKept } from "../device/kept.js";

/** A signed-in user. Without one, the reader is a guest whose id this device made. */
export interface Reader {
  readonly userId: string;
  readonly name: string;
  readonly token: string;
  readonly refreshToken: string;
}

interface SignedIn {
  readonly user_id: string;
  readonly name: string;
  readonly token: string;
  readonly refresh_token: string;
}

interface Renewed {
  readonly token: string;
  readonly refresh_token: string;
}

const GUEST = "headline.guest";
const SIGNED_IN = "headline.signed-in";

/** The article that a user has begun to write is kept under it, until they sign out. */
export function draftKey(userId: string): string {
  return `headline.draft.${userId}`;
}

const current = signal<Reader | undefined>(readKept(SIGNED_IN));
const guestId = keptText(GUEST) ?? randomId();
keep(GUEST, guestId);
keep("headline.draft", undefined); // a draft that does not say whose it is
let renewing: Promise<void> | undefined;
const leaving: (() => void)[] = [];

/** Set when a sign-in ended by itself, until the reader has seen it. */
export const endedSignIn = signal<Problem | undefined>(undefined);

/** The reader; changes on sign-in and sign-out, not when a token is renewed. */
export const reader = signal<{ readonly userId: string; readonly name: string } | undefined>(current.value);

/** Of who is signed in; another one after each renewal. */
export const accessToken = computed(() => current.value?.token);

/** The reader for a socket's handshake. */
export function handshake(): Readonly<Record<string, string>> {
  const who = current.peek();
  return who === undefined ? { anonymous_id: guestId } : { token: who.token };
}

/** Called before the reader becomes another one. */
export function beforeReaderChanges(listener: () => void): void {
  leaving.push(listener);
}

/** A request in the reader's name; an expired token is renewed once. @throws Problem */
export async function ask<Answer>(path: string, request?: Request): Promise<Answer> {
  const asked = current.value;
  try {
    return await sendAs<Answer>(asked, path, request);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "UNAUTHENTICATED" || asked === undefined) throw error;
    await renew();
    return await sendAs<Answer>(current.value, path, request);
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  become(await signedInAt("/authorizations", name, password));
}

export async function signUp(name: string, password: string): Promise<void> {
  become(await signedInAt("/users", name, password));
}

/** At once here, with what the user left on this device; the gateway ends the sign-in when it can be reached. */
export function signOut(): void {
  const who = current.peek();
  if (who !== undefined) keep(draftKey(who.userId), undefined);
  become(undefined);
  if (who === undefined) return;
  const headers = { Authorization: `Bearer ${who.refreshToken}` };
  send("/authorizations", { method: "DELETE", headers, keepalive: true }).catch(() => undefined); // its tokens end by themselves
}

async function sendAs<Answer>(who: Reader | undefined, path: string, request: Request = {}): Promise<Answer> {
  const authorization = who === undefined ? `Anony ${guestId}` : `Bearer ${who.token}`;
  const headers = { ...request.headers, Authorization: authorization };
  const { data } = await send<Answer>(path, { ...request, headers });
  return data;
}

async function signedInAt(path: string, name: string, password: string): Promise<Reader> {
  const { data } = await send<SignedIn>(path, { method: "POST", body: { name, password } });
  return { userId: data.user_id, name: data.name, token: data.token, refreshToken: data.refresh_token };
}

/** Another access token, once for all that wait for it. @throws Problem */
export function renew(): Promise<void> {
  renewing ??= fetchToken().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function fetchToken(): Promise<void> {
  const who = current.value;
  if (who === undefined) throw signedOut(); // another request found out meanwhile
  try {
    const headers = { Authorization: `Bearer ${who.refreshToken}` };
    const { data } = await send<Renewed>("/authorizations", { method: "PUT", headers });
    if (current.value === who) become({ ...who, token: data.token, refreshToken: data.refresh_token });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "UNAUTHENTICATED") throw error;
    const ended = signedOut(error.requestId);
    become(undefined);
    endedSignIn.value = ended;
    throw ended;
  }
}

function signedOut(requestId = ""): Problem {
  return new Problem({ message: "the sign-in has ended", code: "SIGNED_OUT", request_id: requestId });
}

function become(next: Reader | undefined): void {
  keep(SIGNED_IN, next);
  take(next);
}

function take(next: Reader | undefined): void {
  const isAnother = current.value?.userId !== next?.userId;
  if (isAnother) for (const listener of leaving) listener();
  current.value = next;
  if (isAnother) reader.value = next;
}

function keptText(key: string): string | undefined {
  const kept = readKept(key);
  return typeof kept === "string" ? kept : undefined;
}

/** Signing in or out in another tab holds for this one. */
addEventListener("storage", ({ key }) => {
  if (key === SIGNED_IN) take(readKept(SIGNED_IN));
});
