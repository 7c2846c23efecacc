import { hangUp, isClogged } from "./is-clogged.js";
import { type PushServer, type PushSocket, roomOf, type ServerEvents } from "./push-events.js";

/** The sockets of this gateway, by user. */
export class LocalSockets {
  readonly #namespace: ReturnType<PushServer["of"]>;

  constructor(io: PushServer) {
    this.#namespace = io.of("/");
  }

  countOf(userId: bigint): number {
    return this.#namespace.adapter.rooms.get(roomOf(userId))?.size ?? 0;
  }

  of(userId: bigint): PushSocket[] {
    const ids = this.#namespace.adapter.rooms.get(roomOf(userId)) ?? [];
    return [...ids].flatMap((id) => this.#namespace.sockets.get(id) ?? []);
  }

  /** Returns the signed-in users with a socket here. */
  userIds(): bigint[] {
    const ids = new Set<bigint>();
    for (const { data } of this.#namespace.sockets.values()) if (data.userId > 0n) ids.add(data.userId);
    return [...ids];
  }

  /** Emits an event to each socket of a user. */
  emit<Event extends keyof ServerEvents>(userId: bigint, event: Event, ...args: Parameters<ServerEvents[Event]>): void {
    for (const socket of this.of(userId)) send(socket, event, ...args);
  }
}

/** Emits an event to one client; closes the connection of a slow one. */
export function send<Event extends keyof ServerEvents>(
  socket: PushSocket,
  event: Event,
  ...args: Parameters<ServerEvents[Event]>
): void {
  if (isClogged(socket)) hangUp(socket.conn);
  else socket.emit(event, ...args);
}
