import {
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { deadline } from "@headline/service/timing";
import { freeSocket } from "./free-socket.js";
import { descriptorSetBase64 } from "./gen/descriptor-set.js";
import { HealthService } from "./gen/grpc/health/v1/health.js";
import { Health } from "./health.js";
import { boundedMetadata } from "./metadata-bound.js";
import { ReflectionV1, ReflectionV1Alpha, reflection } from "./reflection.js";

/** Handler of endless streams. */
export interface Drains {
  /** Answers the calls that were read, and ends the streams. */
  drain(): void;
}

/** Service definition with its implementation. */
export interface ServedService {
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** FileDescriptorSet of its .proto, in base64, for reflection. */
  readonly descriptorSet?: string | undefined;
}

interface ServeOptions {
  /** `0.0.0.0:50051`; port 0 takes a free one; `unix:/run/service.sock`. */
  readonly address: string;
  readonly services: readonly ServedService[];
  /** Default: no TLS. `mutualTls(...)` makes some. */
  readonly credentials?: ServerCredentials | undefined;
  /** Upper bound of a request. Default 64 KiB. */
  readonly receiveBytesMax?: number;
  /** Time for calls in flight once the server drains. Default 5 s. */
  readonly drainMs?: number;
  readonly interceptors?: readonly ServerInterceptor[];
  /** Upper bound of calls in flight on one connection; further calls wait at their client. Default 256. */
  readonly streamsMax?: number;
  /** Whether reflection is served. Default: yes. */
  readonly reflection?: boolean | undefined;
}

/** Server that was started by `openServer`; disposing drains it. */
export interface RunningServer extends AsyncDisposable {
  /** Address for clients, with the port that was bound. */
  readonly address: string;
  readonly port: number;
  /** Health of the server and each service: SERVING or NOT_SERVING. */
  serving: boolean;
  /** Turns to NOT_SERVING, takes no new calls, answers those that were read, and cuts the rest after `drainMs`. */
  drain(): Promise<void>;
}

const RECEIVE_BYTES_MAX = 64 * 1_024;
const DRAIN_MS = 5_000;
const STREAMS_MAX = 256;
const STANDARD_SERVICES = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

/** Names a service after its path on the wire; `descriptorSet` lets reflection describe it. */
export function service<Implementation extends UntypedServiceImplementation>(
  definition: ServiceDefinition<Implementation>,
  implementation: Implementation,
  descriptorSet?: string,
): ServedService {
  const [method] = Object.values(definition);
  if (!method) throw new TypeError("a service has methods");
  const name = method.path.slice(1, method.path.lastIndexOf("/"));
  return { name, definition: definition as ServiceDefinition, implementation, descriptorSet };
}

/**
 * Binds, and serves the services with health, and reflection unless that is off, until drained.
 */
export async function openServer(options: ServeOptions): Promise<RunningServer> {
  const names = options.services.map(({ name }) => name);
  const health = new Health(names);
  const descriptorSets = options.services.flatMap(({ descriptorSet }) => descriptorSet ?? []);
  const reflectionHandlers = reflection([...names, ...STANDARD_SERVICES], [descriptorSetBase64, ...descriptorSets]);
  const reflected = [ReflectionV1, ReflectionV1Alpha].map((definition) =>
    service(definition as ServiceDefinition, boundedMetadata(reflectionHandlers)),
  );
  const served = [
    ...options.services,
    service(HealthService as ServiceDefinition, boundedMetadata(health.handlers)),
    ...((options.reflection ?? true) ? reflected : []),
  ];

  // Channelz stays on: without it grpc-js 1.14 keeps no list of sessions, and forceShutdown closes none.
  const server = new Server({
    "grpc.max_receive_message_length": options.receiveBytesMax ?? RECEIVE_BYTES_MAX,
    "grpc.max_concurrent_streams": options.streamsMax ?? STREAMS_MAX,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 1_000,
    interceptors: [...(options.interceptors ?? [])],
  });
  for (const { definition, implementation } of served) server.addService(definition, implementation);
  await freeSocket(options.address);
  const port = await bind(server, options.address, options.credentials ?? ServerCredentials.createInsecure());

  let draining: Promise<void> | undefined;
  const drain = () => {
    draining ??= (async () => {
      health.serving = false;
      const done = shutdown(server, options.drainMs ?? DRAIN_MS);
      for (const handler of served.flatMap(({ implementation }) => Object.values(implementation))) {
        if (drains(handler)) handler.drain();
      }
      await done;
    })();
    return draining;
  };

  return {
    address: options.address.replace(/:0$/, `:${port}`),
    port,
    get serving() {
      return health.serving;
    },
    set serving(serving) {
      health.serving = serving;
    },
    drain,
    [Symbol.asyncDispose]: drain,
  };
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/** Waits for calls in flight, then cuts what is left; tryShutdown alone has been seen to wait for ever. */
async function shutdown(server: Server, drainMs: number): Promise<void> {
  const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await deadline(drained, drainMs).catch(() => undefined);
  server.forceShutdown();
}

function drains(handler: unknown): handler is Drains {
  return typeof handler === "function" && "drain" in handler && typeof handler.drain === "function";
}
