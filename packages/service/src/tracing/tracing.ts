/** One piece of work within a trace. */
export interface Span {
  /** The W3C traceparent to send on: spans of the callee become children of this one. */
  readonly traceparent: string;
  set(name: string, value: string | number): void;
  /** @param failure what went wrong on our side; without it, nothing did. */
  end(failure?: string): void;
}

/** Kind and parent of a span. */
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
 * loaded unless there is one. A batch that the collector has not taken within `sendWithinMs` is dropped.
 */
export async function openTracing(
  service: string,
  endpoint: string | undefined,
  { sendWithinMs = 2_000 }: { readonly sendWithinMs?: number } = {},
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { otlpTracing } = await import("./otlp-tracing.js");
  return otlpTracing(service, endpoint, sendWithinMs);
}
