import { asProblem, type Message, type MessageList, type Problem, randomId } from "@headline/client";
import { batch, signal } from "@preact/signals";
import { isLaterId } from "../live/later-id.js";
import { client, reader, serverNow } from "../session/session.js";
import { noteMessage, noteRead } from "./conversations.js";

/** A message as it is shown; without an id it is being sent, or has failed. */
export interface Bubble {
  readonly clientId: string;
  readonly messageId: string | undefined;
  readonly isMine: boolean;
  readonly text: string;
  readonly createdAt: string;
  /** Reason of a failed sending. */
  readonly problem: Problem | undefined;
}

/** State of a message: the gateway's, or that of its sending. */
export type DeliveryState = "sending" | "failed" | Message["state"];

const PER_PAGE = 30;

/** Messages of two users, the newest last. Kept while other pages are shown, unsent ones included. */
export class Thread {
  readonly peerId: string;
  readonly bubbles = signal<readonly Bubble[]>([]);
  /** Cursor of older messages: null at the first, undefined until loaded. */
  readonly older = signal<string | null | undefined>(undefined);
  readonly problem = signal<Problem | undefined>(undefined);
  readonly isLoadingOlder = signal(false);
  /** The peer's progress in this reader's messages. */
  readonly #deliveredUpTo = signal("0");
  readonly #readUpTo = signal("0");

  /** Unsent messages belong to the reader who wrote them. */
  readonly #userId = reader.peek()?.userId;
  #reportedUpTo = "0";
  #isReporting = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(peerId: string) {
    this.peerId = peerId;
  }

  stateOf({ messageId, problem }: Bubble): DeliveryState {
    if (messageId === undefined) return problem === undefined ? "sending" : "failed";
    if (!isLaterId(messageId, this.#readUpTo.value)) return "read";
    return isLaterId(messageId, this.#deliveredUpTo.value) ? "sent" : "delivered";
  }

  /** Loads the newest messages; those loaded before stay, unless there is a gap between. */
  async load(): Promise<void> {
    try {
      const page = await this.#page();
      const oldest = page.results.at(-1)?.message_id;
      const newest = this.bubbles.peek().findLast(({ messageId }) => messageId !== undefined)?.messageId;
      const isGap = page.next !== null && oldest !== undefined && newest !== undefined && isLaterId(oldest, newest);
      batch(() => {
        if (isGap) this.forget();
        if (this.older.value === undefined) this.older.value = page.next;
        this.problem.value = undefined;
        this.#take(page.results);
      });
    } catch (error) {
      this.problem.value = asProblem(error);
    }
  }

  /** Drops all but unsent messages: more was missed than the socket delivered. */
  forget(): void {
    this.bubbles.value = this.bubbles.peek().filter(({ messageId }) => messageId === undefined);
    this.older.value = undefined;
  }

  async loadOlder(): Promise<void> {
    if (!this.older.peek() || this.isLoadingOlder.peek()) return;
    this.isLoadingOlder.value = true;
    try {
      const page = await this.#page(this.older.peek() ?? undefined);
      batch(() => {
        this.older.value = page.next;
        this.problem.value = undefined;
        this.#take(page.results);
      });
    } catch (error) {
      this.problem.value = asProblem(error);
    } finally {
      this.isLoadingOlder.value = false;
    }
  }

  /** Sends a message, shown at once; one after the other, so that they arrive in the order in which they were written. */
  send(text: string): void {
    const bubble = {
      clientId: randomId(),
      messageId: undefined,
      isMine: true,
      text,
      createdAt: new Date(serverNow()).toISOString(),
      problem: undefined,
    };
    this.bubbles.value = [...this.bubbles.peek(), bubble];
    this.#post(bubble);
  }

  /** Sends the same message again: had it arrived after all, it would still be one message. */
  retry(bubble: Bubble): void {
    this.#change(bubble.clientId, { problem: undefined });
    this.#post(bubble);
  }

  discard({ clientId }: Bubble): void {
    this.bubbles.value = this.bubbles.peek().filter((other) => other.clientId !== clientId);
  }

  /** Adds a message of another device or of the peer. */
  noteMessage(message: Message): void {
    if (message.sender_id === this.peerId || message.recipient_id === this.peerId) this.#take([message]);
  }

  noteDelivered(upTo: string): void {
    if (isLaterId(upTo, this.#deliveredUpTo.peek())) this.#deliveredUpTo.value = upTo;
  }

  noteReadByPeer(upTo: string): void {
    this.noteDelivered(upTo);
    if (isLaterId(upTo, this.#readUpTo.peek())) this.#readUpTo.value = upTo;
  }

  /** Reports the peer's messages as read, up to the newest. */
  async markRead(): Promise<void> {
    const upTo = this.bubbles.peek().findLast(({ isMine, messageId }) => !isMine && messageId)?.messageId;
    if (upTo === undefined || this.#isReporting || !isLaterId(upTo, this.#reportedUpTo)) return;
    this.#isReporting = true;
    try {
      await client.call("readMessages", { params: { userId: this.peerId }, body: { up_to: upTo } });
      this.#reportedUpTo = upTo;
      noteRead(this.peerId, upTo);
    } catch {
      return; // the next message, or the next visit, reports it again
    } finally {
      this.#isReporting = false;
    }
    if (document.visibilityState === "visible") await this.markRead(); // what came meanwhile
  }

  #page(before?: string): Promise<MessageList> {
    return client.call("messages", { params: { userId: this.peerId }, query: { before, per_page: PER_PAGE } });
  }

  #post({ clientId, text }: Bubble): void {
    this.#sending = this.#sending.then(async () => {
      if (reader.peek()?.userId !== this.#userId) return;
      try {
        const body = { text, client_id: clientId };
        const message = await client.call("sendMessage", { params: { userId: this.peerId }, body });
        this.#take([message]);
        noteMessage(message);
      } catch (error) {
        this.#change(clientId, { problem: asProblem(error) });
      }
    });
  }

  #change(clientId: string, change: Partial<Bubble>): void {
    this.bubbles.value = this.bubbles
      .peek()
      .map((bubble) =>
        bubble.clientId === clientId && bubble.messageId === undefined ? { ...bubble, ...change } : bubble,
      );
  }

  #take(messages: readonly Message[]): void {
    const byKey = new Map(this.bubbles.peek().map((bubble) => [keyOf(bubble), bubble]));
    for (const message of messages) {
      const bubble = bubbleOf(message, this.#userId);
      byKey.set(keyOf(bubble), bubble);
      if (bubble.isMine && message.state !== "sent") this.noteDelivered(message.message_id);
      if (bubble.isMine && message.state === "read") this.noteReadByPeer(message.message_id);
    }
    this.bubbles.value = [...byKey.values()].sort(byAge);
  }
}

function bubbleOf({ message_id, sender_id, client_id, text, created_at }: Message, me: string | undefined): Bubble {
  const isMine = sender_id === me;
  return { clientId: client_id, messageId: message_id, isMine, text, createdAt: created_at, problem: undefined };
}

/** Both users may have made the same UUID. */
function keyOf({ isMine, clientId }: Bubble): string {
  return `${isMine ? "mine" : "theirs"} ${clientId}`;
}

/** Ids grow in the order of a conversation; messages without an id come last, in the order in which they were written. */
function byAge(a: Bubble, b: Bubble): number {
  if (a.messageId === undefined || b.messageId === undefined)
    return Number(a.messageId === undefined) - Number(b.messageId === undefined);
  return isLaterId(a.messageId, b.messageId) ? 1 : -1;
}
