/** Message on a broker, as kombu has it, whichever the transport. */
export interface WireMessage {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: WireProperties;
}

/** Properties of AMQP that Celery uses. */
export interface WireProperties {
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly priority?: number | undefined;
}

/** Makes a JSON message. */
export function jsonMessage(
  value: unknown,
  headers: Readonly<Record<string, unknown>> = {},
  properties: WireProperties = {},
): WireMessage {
  return {
    body: Buffer.from(JSON.stringify(value)),
    contentType: "application/json",
    contentEncoding: "utf-8",
    headers,
    properties,
  };
}

/** Header of a message whose first copy may be on its way as well, since a connection was lost before it was confirmed. */
export const MAY_REPEAT = "may_repeat";

/** Marks a message as a copy: its worker asks whether the call has begun. */
export function repeatable(message: WireMessage): WireMessage {
  return { ...message, headers: { ...message.headers, [MAY_REPEAT]: true } };
}

/** Parses the JSON of a message; throws on another content type, and on what is not JSON. */
export function jsonOf({ body, contentType, contentEncoding }: WireMessage): unknown {
  if (contentType !== "application/json") throw new ContentDisallowedError(`content type ${shown(contentType)}`);
  if (contentEncoding !== undefined && !/^utf-?8$/i.test(contentEncoding))
    throw new ContentDisallowedError(`content encoding ${shown(contentEncoding)}`);
  return JSON.parse(body.toString("utf8")) as unknown;
}

/** Thrown for a message in a serialiser that is not accepted, such as pickle: its body is never read. */
export class ContentDisallowedError extends Error {
  override readonly name = "ContentDisallowed";
  constructor(what: string) {
    super(`${what} is refused; this worker takes application/json in utf-8`);
  }
}

function shown(text: string | undefined): string {
  return JSON.stringify(String(text).slice(0, 80));
}
