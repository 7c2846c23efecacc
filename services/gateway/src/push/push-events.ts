import type { Socket as AnySocket, Server } from "socket.io";
import type { presentMessage } from "../conversations/present-message.js";
import type { PresentedNotification } from "../notifications/present-notification.js";

/** Refusal of a request over a socket, with the codes of HTTP. */
export interface PushProblem {
  readonly code: string;
  readonly message: string;
  readonly retry_after_ms?: number;
}

export type Answer<Data> = { readonly data: Data } | { readonly error: PushProblem };

type Ack = (answer: Answer<unknown>) => void;

type PresentedMessage = ReturnType<typeof presentMessage>;

/** Events that the server emits to a client. */
export interface ServerEvents {
  welcome: (welcome: { user_id: string; server_time: number; expires_at: number | null }) => void;
  notification: (notification: PresentedNotification) => void;
  /** The recipient's client calls `acknowledge`, which makes the message delivered. */
  message: (message: PresentedMessage, acknowledge?: () => void) => void;
  delivered: (delivered: { user_id: string; up_to: string }) => void;
  read: (read: { reader_id: string; peer_id: string; up_to: string }) => void;
  updates: (updates: { channel_id: string; count: number }) => void;
  /** The token ends soon: `renew`, or be disconnected. */
  expiring: (expiring: { expires_at: number }) => void;
  expired: (problem: PushProblem) => void;
  /** This gateway leaves: the connection is about to close, and a new one goes elsewhere. */
  draining: (draining: { reconnect_after_ms: number }) => void;
}

/** Requests of a client, with acknowledgements. */
export interface ClientEvents {
  catch_up: (request: unknown, answer?: Ack) => void;
  watch: (request: unknown, answer?: Ack) => void;
  unwatch: (request: unknown, answer?: Ack) => void;
  renew: (request: unknown, answer?: Ack) => void;
}

/** Identity of a socket's client. */
export interface SocketIdentity {
  userId: bigint;
  /** When the token ends; nothing ends for guests. */
  expiresAtMs: number | undefined;
  isWarned: boolean;
  /** Of a token made here. */
  signInId?: bigint | undefined;
}

type None = Record<string, never>;

export type PushServer = Server<ClientEvents, ServerEvents, None, SocketIdentity>;
export type PushSocket = AnySocket<ClientEvents, ServerEvents, None, SocketIdentity>;

export function roomOf(userId: bigint): string {
  return `user:${userId}`;
}
