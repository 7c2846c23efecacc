import { type Context, ROOT_CONTEXT, type SpanContext, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { isTraceparent } from "../log/traceparent.js";
import type { Tracing } from "./span.js";

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };
const SEND_EVERY_MS = 1_000;
const SPANS_MAX = 4_096;

/** Sends spans in batches to a collector; while it is away they are dropped without delaying the caller. */
export function otlpTracing(service: string, endpoint: string, sendWithinMs: number): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
    timeoutMillis: sendWithinMs,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": `headline-${service}` }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: SPANS_MAX,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: sendWithinMs,
      }),
    ],
  });
  const tracer = provider.getTracer("headline");
  return {
    start(name, { kind, parent }) {
      const span = tracer.startSpan(name, { kind: KINDS[kind] }, contextOf(parent));
      return {
        traceparent: traceparentOf(span.spanContext()),
        set: (key, value) => void span.setAttribute(key, value),
        end(failure) {
          if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.end();
        },
      };
    },
    [Symbol.asyncDispose]: () => provider.shutdown().catch(() => undefined), // spans are not worth a failed end
  };
}

function contextOf(parent: string | undefined): Context {
  if (!isTraceparent(parent)) return ROOT_CONTEXT;
  const [, traceId = "", spanId = "", flags = ""] = parent.split("-");
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
