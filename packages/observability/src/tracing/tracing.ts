/** One piece of work within a trace. */
export interface Span {
  /** What is to be sent on, so that what others do for it stands below it. */
  readonly traceparent: string;
  set(name: string, value: string | number): void;
  /** @param failure what went wrong on our side; without it, nothing did. */
  end(failure?: string): void;
}

export interface SpanOptions {
  readonly kind: "server" | "client";
  /** The W3C traceparent that came; without it a new trace begins. */
  readonly parent: string | undefined;
}

/** Makes spans and sends them to a collector. */
export interface Tracing extends AsyncDisposable {
  start(name: string, options: SpanOptions): Span;
}

/**
 * Tracing by OpenTelemetry, sent by OTLP over HTTP in JSON to `endpoint` (`OTEL_EXPORTER_OTLP_ENDPOINT`); nothing of it is
 * loaded unless there is one.
 */
export async function openTracing(service: string, endpoint: string | undefined): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { otlpTracing } = await import("./otlp-tracing.js");
  return otlpTracing(service, endpoint);
}
