import { hangUp, isClogged } from "./is-clogged.js";
import { type PushServer, type PushSocket, roomOf, type Told } from "./push-events.js";

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

  /** Everybody signed in who has a socket here. */
  userIds(): bigint[] {
    const ids = new Set<bigint>();
    for (const { data } of this.#namespace.sockets.values()) if (data.userId > 0n) ids.add(data.userId);
    return [...ids];
  }

  tell<Event extends keyof Told>(userId: bigint, event: Event, ...told: Parameters<Told[Event]>): void {
    for (const socket of this.of(userId)) send(socket, event, ...told);
  }
}

/** Sends to one client, or cuts it off when it has not taken what it was sent before. */
export function send<Event extends keyof Told>(
  socket: PushSocket,
  event: Event,
  ...told: Parameters<Told[Event]>
): void {
  if (isClogged(socket)) hangUp(socket.conn);
  else socket.emit(event, ...told);
}
