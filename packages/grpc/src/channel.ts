import {
  Channel,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { Refusal } from "@headline/service/errors";
import { HealthCheckResponse_ServingStatus, HealthClient } from "./gen/grpc/health/v1/health.js";
import { Silence } from "./silence.js";
import { fromServiceError } from "./status.js";

/** Address, credentials and health checks of a channel. */
export interface HealingOptions {
  /** A grpc-js target: `127.0.0.1:50051`, `dns:///service:50051`, `ipv4:a:1,b:2`, `unix:/run/service.sock`. */
  readonly address: string;
  /** Default: no TLS. `clientTls(...)` makes some. */
  readonly credentials?: ChannelCredentials | undefined;
  /** Name that the server's certificate must hold. Default: the host of `address`. */
  readonly serverName?: string | undefined;
  /** Pause between two pings of an idle or busy connection. Default 10 s, which other servers tolerate. */
  readonly keepaliveMs?: number;
  /** Time after which an unanswered ping ends the connection. Default 1 s. */
  readonly keepaliveTimeoutMs?: number;
  /** Time of failures without one success after which a new connection is made. Default 1.5 s. */
  readonly silenceMs?: number;
}

/** Makes the generated clients that share the connections of one channel: `(...channel) => new ExampleClient(...channel)`. */
export type MakeClients<Clients> = (
  ...channel: [address: string, credentials: ChannelCredentials, options: Partial<ClientOptions>]
) => Clients;

interface OpenChannel<Clients> {
  readonly channel: Channel;
  readonly health: HealthClient;
  readonly clients: Clients;
}

/** Deadline, metadata and cancellation of one unary call. */
export interface UnaryOptions {
  readonly timeoutMs: number;
  readonly metadata?: Metadata;
  readonly signal?: AbortSignal | undefined;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

const TICK_MS = 100;

/**
 * Channel that replaces its connections when the peer goes silent. grpc-js waits for ever on a connection that was accepted
 * and then stays mute, keepalive or not: when calls fail and none succeeds for `silenceMs`, the channel is closed and a new one made.
 */
export class HealingChannel<Clients> {
  #open: OpenChannel<Clients>;
  #renewedAt = performance.now();
  #closed = false;
  readonly #silence: Silence;
  readonly #timer: NodeJS.Timeout;
  readonly #onTick = new Set<(now: number) => void>();
  readonly silenceMs: number;

  constructor(
    private readonly options: HealingOptions,
    private readonly makeClients: MakeClients<Clients>,
  ) {
    this.silenceMs = options.silenceMs ?? 1_500;
    this.#silence = new Silence(this.silenceMs);
    this.#open = this.#connect();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  get clients(): Clients {
    return this.#open.clients;
  }

  /** Calls `listener` every 100 ms. */
  onTick(listener: (now: number) => void): void {
    this.#onTick.add(listener);
  }

  /** Makes new connections; calls in flight finish on the old ones. */
  renew(): void {
    const now = performance.now();
    if (this.#closed || now - this.#renewedAt < this.silenceMs / 2) return;
    this.#renewedAt = now;
    this.#silence.reset(now);
    const { channel } = this.#open;
    this.#open = this.#connect();
    channel.close();
  }

  /** Makes one unary call with a deadline: resolves with the response and its header metadata, rejects with a Refusal or Error. */
  unary<Request, Response>(
    method: (clients: Clients) => UnaryMethod<Request, Response>,
    request: Request,
    options: UnaryOptions,
  ): Promise<{ response: Response; metadata: Metadata }> {
    return this.#call(({ clients }) => method(clients), request, options);
  }

  /** Asks grpc.health.v1 whether `service` serves; false when the server is not reached. */
  async check(service: string, options: UnaryOptions): Promise<boolean> {
    try {
      const { response } = await this.#call(({ health }) => health.check.bind(health), { service }, options);
      return response.status === HealthCheckResponse_ServingStatus.SERVING;
    } catch {
      return false; // Every failure means that the service cannot be used from here.
    }
  }

  #call<Request, Response>(
    method: (open: OpenChannel<Clients>) => UnaryMethod<Request, Response>,
    request: Request,
    { timeoutMs, metadata = new Metadata(), signal }: UnaryOptions,
  ): Promise<{ response: Response; metadata: Metadata }> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Refusal("UNAVAILABLE", "this client is closed"));
      if (signal?.aborted) return reject(signal.reason);
      let header = new Metadata();
      this.#silence.began(performance.now());
      const deadline = Date.now() + Math.max(1, Math.ceil(timeoutMs));
      const call = method(this.#open)(request, metadata, { deadline }, (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (!error) {
          this.#silence.answered(performance.now());
          return resolve({ response, metadata: header });
        }
        if (signal?.aborted) {
          this.#silence.cancelled();
          return reject(signal.reason);
        }
        const failure = fromServiceError(error);
        if (isUnanswered(failure, header, error.metadata)) this.#silence.failed();
        else this.#silence.answered(performance.now());
        reject(failure);
      });
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      call.on("metadata", (sent) => {
        header = sent;
      });
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#open.channel.close();
  }

  #tick(): void {
    const now = performance.now();
    if (this.#silence.isSilent(now)) this.renew();
    for (const listener of this.#onTick) listener(now);
  }

  #connect(): OpenChannel<Clients> {
    const { address, keepaliveMs = 10_000, keepaliveTimeoutMs = 1_000, serverName } = this.options;
    const security = this.options.credentials ?? credentials.createInsecure();
    const channel = new Channel(address, security, {
      // Shared subchannels would hand the new channel the connection that the old one was stuck on.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      "grpc.service_config_disable_resolution": 1,
      // One retrying layer: ours.
      "grpc.enable_retries": 0,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
      "grpc.keepalive_time_ms": keepaliveMs,
      "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.max_receive_message_length": 16 * 1_024 * 1_024,
      "grpc.enable_channelz": 0,
      // http_proxy in the environment is for what leaves the network; a call that went there would never come back.
      "grpc.enable_http_proxy": 0,
      ...(serverName !== undefined && { "grpc.ssl_target_name_override": serverName }),
    } satisfies ChannelOptions);
    const shared = { channelOverride: channel };
    return {
      channel,
      health: new HealthClient(address, security, shared),
      clients: this.makeClients(address, security, shared),
    };
  }
}

/**
 * Failures that may come from a peer that is gone. A deadline that a server kept is none: what is sent has metadata, at least
 * a content type, and a status made here has none.
 */
function isUnanswered(failure: Error, header: Metadata, trailer: Metadata): boolean {
  if (!(failure instanceof Refusal)) return false;
  if (failure.code === "UNAVAILABLE") return true;
  const isSent = [header, trailer].some((metadata) => Object.keys(metadata.getMap()).length > 0);
  return failure.code === "DEADLINE_EXCEEDED" && !isSent;
}
