import { loadavg } from "node:os";
import type { Clock } from "@headline/scheduler";
import type { LamportClock } from "./lamport-clock.js";
import type { Transport } from "./transport.js";
import { jsonMessage } from "./wire-message.js";

interface EventSenderOptions {
  readonly transport: Transport;
  readonly hostname: string;
  readonly lamport: LamportClock;
  readonly clock: Clock;
  /** Counts for the heartbeat. */
  readonly counts: () => { readonly active: number; readonly processed: number };
}

const EXCHANGE = "celeryev";
const HEARTBEAT_MS = 2_000;
/** Events that wait while the broker is away; further ones are dropped. */
const PENDING_MAX = 1_000;
const SOFTWARE = { sw_ident: "headline-tasks", sw_ver: process.version, sw_sys: process.platform };

/** Events of a worker for monitors such as Flower. An event that cannot be sent is dropped. */
export class EventSender {
  #timer: Disposable | undefined;
  #isRunning = false;
  #pending = 0;

  constructor(
    private readonly options: EventSenderOptions,
    /** Whether the events of tasks are sent. */
    public taskEvents: boolean,
  ) {}

  /** Announces the worker, and beats until `stop`. */
  start(): void {
    this.#isRunning = true;
    this.#sendBeat("worker-online");
    this.#beatLater();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.[Symbol.dispose]();
    await this.#send("worker-offline", this.#beat());
  }

  heartbeat(): void {
    this.#sendBeat("worker-heartbeat");
  }

  /** Sends an event of a task. */
  task(type: string, uuid: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.taskEvents) void this.#send(`task-${type}`, { uuid, ...fields });
  }

  #beatLater(): void {
    this.#timer = this.options.clock.setTimer(HEARTBEAT_MS, () => {
      if (!this.#isRunning) return;
      this.heartbeat();
      this.#beatLater();
    });
  }

  #sendBeat(type: string): void {
    void this.#send(type, this.#beat());
  }

  #beat(): Readonly<Record<string, unknown>> {
    return { freq: HEARTBEAT_MS / 1_000, ...this.options.counts(), loadavg: loadavg(), ...SOFTWARE };
  }

  async #send(type: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const { transport, hostname, lamport, clock } = this.options;
    const nowMs = clock.now();
    const event = {
      ...{ type, hostname, pid: process.pid, clock: lamport.forward(), timestamp: nowMs / 1_000 },
      utcoffset: Math.trunc(new Date(nowMs).getTimezoneOffset() / 60),
      ...fields,
    };
    if (this.#pending >= PENDING_MAX) return;
    this.#pending++;
    const message = jsonMessage(event, { hostname });
    await transport.broadcast(EXCHANGE, type.replaceAll("-", "."), message).catch(() => 0); // monitors miss one
    this.#pending--;
  }
}
