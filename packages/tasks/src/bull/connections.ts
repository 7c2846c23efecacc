import type { Clock } from "@headline/scheduler";
import {
  patientConnection,
  persistentConnection,
  promptConnection,
  type RedisConnectionOptions,
  type RedisTarget,
} from "@headline/scheduler/kit";
import { Broker } from "./broker.js";
import { ResultBackend } from "./result-backend.js";

/** `prompt` fails within seconds while Redis is away, for callers; `patient` waits until it is back, for workers. */
type Manner = "prompt" | "patient";

interface ConnectionSettings {
  readonly broker: RedisTarget;
  readonly backend: RedisTarget;
  /** Begins every key of the app. */
  readonly prefix: string;
  /** Lifetime of results, seconds; null keeps them for ever. */
  readonly resultExpiresSeconds: number | null;
  readonly clock: Clock;
}

const DAY_SECONDS = 86_400;

/** Factory of an app's connections to Redis. Nothing connects before its first command. */
export class Connections {
  constructor(private readonly settings: ConnectionSettings) {}

  get prefix(): string {
    return this.settings.prefix;
  }

  openBroker(manner: Manner): Broker {
    const { broker, prefix, resultExpiresSeconds, clock } = this.settings;
    const connection = manner === "prompt" ? promptConnection(broker) : patientConnection(broker);
    return new Broker({ connection, prefix, keepFailedSeconds: resultExpiresSeconds ?? DAY_SECONDS, clock });
  }

  openResults(manner: Manner): ResultBackend {
    const { backend, prefix, resultExpiresSeconds, clock } = this.settings;
    return new ResultBackend({
      connection: manner === "prompt" ? promptConnection(backend) : persistentConnection(backend),
      listening: patientConnection(backend),
      prefix,
      expiresSeconds: resultExpiresSeconds,
      clock,
    });
  }

  /** Options of the connections that BullMQ opens for a worker. */
  forBullWorker(): { readonly connection: RedisConnectionOptions; readonly prefix: string } {
    const { broker, prefix } = this.settings;
    return { connection: patientConnection(broker), prefix };
  }
}
