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
