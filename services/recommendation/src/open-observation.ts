import type { ObserveCall } from "@headline/grpc";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, rateLimitedLog, traceIdOf } from "@headline/service/log";
import { countDependencies, listenForMetrics, Metrics, type ObserveDependency } from "@headline/service/metrics";
import { openTracing, type Tracing } from "@headline/service/tracing";

interface Options {
  readonly log: Log;
  readonly host?: string | undefined;
  /** Where metrics are read; nowhere without it. */
  readonly metricsPort?: number | undefined;
  /** Where spans are sent to, by OTLP over HTTP; nowhere without it. */
  readonly otlpEndpoint?: string | undefined;
}

/** Metrics and tracing hooks of the service. */
export interface Observation extends AsyncDisposable {
  readonly metrics: Metrics;
  readonly dependency: (name: string) => ObserveDependency;
  readonly tracing: Tracing | undefined;
  /** Counts calls, and logs slow and failed ones. */
  readonly onCall: ObserveCall;
  /** Where metrics are read, if anywhere. */
  readonly metricsPort: number | undefined;
}

const SLOW_MS = 250;
const EACH_SECOND = { everyMs: 1_000 };
/** Codes of our own failures; errors of the caller, and calls it gave up, are none. */
const OUR_FAILURES: ReadonlySet<string> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]);

export async function openObservation({ log, host, metricsPort, otlpEndpoint }: Options): Promise<Observation> {
  const resources = new CloseStack();
  const metrics = new Metrics("recommendation");
  metrics.readProblems(log);
  const tracing = await openTracing("recommendation", otlpEndpoint);
  if (tracing !== undefined) resources.use(tracing);
  const listener = metricsPort === undefined ? undefined : await listenForMetrics(metrics, { port: metricsPort, host });
  if (listener !== undefined) resources.use(listener);
  return {
    metrics,
    dependency: countDependencies(metrics),
    tracing,
    onCall: observeCalls(metrics, log),
    metricsPort: listener?.port,
    [Symbol.asyncDispose]: () => resources.close(),
  };
}

function observeCalls(metrics: Metrics, log: Log): ObserveCall {
  const timings = metrics.timing({
    name: "headline_rpc_request_seconds",
    help: "From when a call was read until its answer was handed on, by method and status",
    labels: ["method", "code"],
  });
  const answered = timings.of("StreamRecommendations", "OK"); // nearly all of them
  const onFailed = rateLimitedLog(log, "calls failed", EACH_SECOND);
  const onSlow = rateLimitedLog(log, "calls were slow", EACH_SECOND);

  return (method, code, ms, traceparent) => {
    if (code === "OK" && method === "StreamRecommendations") answered.observeMs(ms);
    else timings.of(method, code).observeMs(ms);
    if (code === "OK" ? ms < SLOW_MS : !OUR_FAILURES.has(code)) return;
    const trace = traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
    (code === "OK" ? onSlow : onFailed)(undefined, { method, code, ms: Math.round(ms), ...trace });
  };
}
