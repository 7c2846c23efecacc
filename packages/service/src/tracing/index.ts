export { openTracing, type Span, type SpanOptions, type Tracing } from "./tracing.js";
