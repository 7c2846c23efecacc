import { type handleUnaryCall, type ServerWritableStream, status } from "@grpc/grpc-js";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  type HealthListRequest,
  type HealthListResponse,
  type HealthServer,
} from "./gen/grpc/health/v1/health.js";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse_ServingStatus;

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Implementation of grpc.health.v1 for the server ("") and each of its services, which all have one status. */
export class Health {
  readonly #names: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #serving = true;
  #drained = false;

  constructor(services: readonly string[]) {
    this.#names = new Set(["", ...services]);
  }

  get serving(): boolean {
    return this.#serving;
  }

  set serving(serving: boolean) {
    if (this.#serving === serving) return;
    this.#serving = serving;
    for (const watcher of this.#watchers) this.#send(watcher);
  }

  readonly handlers: HealthServer = {
    check: ((call, callback) => {
      const { service } = call.request;
      if (this.#names.has(service)) callback(null, { status: this.#status(service) });
      else callback({ code: status.NOT_FOUND, details: "unknown service" });
    }) satisfies handleUnaryCall<HealthCheckRequest, HealthCheckResponse>,
    watch: Object.assign(
      (watcher: Watcher) => {
        this.#watchers.add(watcher);
        watcher.once("close", () => this.#watchers.delete(watcher));
        watcher.on("error", () => this.#watchers.delete(watcher));
        this.#send(watcher);
        if (this.#drained) watcher.end();
      },
      { drain: () => this.#drain() },
    ),
    list: ((_call, callback) => {
      const statuses = [...this.#names].map((name) => [name, { status: this.#status(name) }] as const);
      callback(null, { statuses: Object.fromEntries(statuses) });
    }) satisfies handleUnaryCall<HealthListRequest, HealthListResponse>,
  };

  /** A watch never ends by itself and would hold up the shutdown. */
  #drain(): void {
    this.#drained = true;
    for (const watcher of this.#watchers) watcher.end();
  }

  #send(watcher: Watcher): void {
    watcher.write({ status: this.#status(watcher.request.service) });
  }

  #status(service: string): HealthCheckResponse_ServingStatus {
    if (!this.#names.has(service)) return SERVICE_UNKNOWN;
    return this.#serving ? SERVING : NOT_SERVING;
  }
}
