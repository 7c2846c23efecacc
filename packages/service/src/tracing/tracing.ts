import type { Tracing } from "./span.js";

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
