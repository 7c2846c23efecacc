import type { Logger } from "@headline/scheduler";
import { thrownLine } from "@headline/scheduler/kit";
import type { LamportClock } from "./lamport-clock.js";
import type { Transport } from "./transport.js";
import { jsonMessage, jsonOf, type WireMessage } from "./wire-message.js";

export const CONTROL_EXCHANGE = "celery.pidbox";
export const REPLY_EXCHANGE = "reply.celery.pidbox";

type Members = Readonly<Record<string, unknown>>;

/** Command of `celery inspect` or `celery control`. */
export type Command = (args: Members) => unknown;

interface ControlPanelOptions {
  readonly hostname: string;
  readonly commands: ReadonlyMap<string, Command>;
  readonly transport: Transport;
  readonly lamport: LamportClock;
  readonly logger: Logger;
}

/** Older names of commands. */
const ALIASES: Readonly<Record<string, string>> = {
  dump_tasks: "registered",
  dump_active: "active",
  dump_reserved: "reserved",
  dump_schedule: "scheduled",
  dump_revoked: "revoked",
};

/** Runs commands that are broadcast to workers, and sends their replies. */
export class ControlPanel {
  constructor(private readonly options: ControlPanelOptions) {}

  /** Handles a broadcast; what cannot be read, or is for other workers, is left alone. */
  async handle(message: WireMessage): Promise<void> {
    const { hostname, lamport, logger } = this.options;
    try {
      const body = membersOf(jsonOf(message));
      lamport.adjust(message.headers["clock"]);
      if (isFor(hostname, body)) await this.#dispatch(body);
    } catch (error) {
      logger.warn(`A control command could not be handled: ${thrownLine(error)}`);
    }
  }

  async #dispatch({ method, arguments: args, reply_to: replyTo, ticket }: Members): Promise<void> {
    const reply = await this.#run(String(method), membersOf(args));
    const { exchange, routing_key: key } = membersOf(replyTo);
    if (typeof exchange !== "string" || typeof key !== "string" || reply === undefined) return;
    const { transport, lamport, hostname } = this.options;
    await transport.reply(exchange, key, jsonMessage({ [hostname]: reply }, { ticket, clock: lamport.forward() }));
  }

  async #run(method: string, args: Members): Promise<unknown> {
    const command = this.options.commands.get(ALIASES[method] ?? method);
    if (command === undefined) return { error: `KeyError('${method.slice(0, 80)}')` };
    try {
      return await command(args);
    } catch (error) {
      return { error: thrownLine(error) };
    }
  }
}

function isFor(hostname: string, { destination, pattern, matcher }: Members): boolean {
  if (Array.isArray(destination) && destination.length > 0) return destination.includes(hostname);
  if (typeof pattern !== "string" || pattern === "" || typeof matcher !== "string") return true;
  return matcher === "glob" && globPattern(pattern).test(hostname);
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(/\*+/g, "[^]*").replaceAll("?", "[^]")}$`);
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
}
