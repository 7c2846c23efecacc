export type { Span, SpanOptions, Tracing } from "./span.js";
export { openTracing } from "./tracing.js";
