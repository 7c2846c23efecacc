import { randomUUID } from "node:crypto";
import type { WireMessage } from "./wire-message.js";

/** Message in a list of Redis, as kombu writes it. */
export interface RedisEnvelope {
  readonly message: WireMessage;
  readonly tag: string;
  readonly redelivered: boolean;
}

interface Address {
  readonly exchange: string;
  readonly routingKey: string;
}

type Members = Readonly<Record<string, unknown>>;

const PERSISTENT = 2;

/** Writes a message as kombu's Redis transport does: its body as base64 in JSON. */
export function toEnvelope(message: WireMessage, { exchange, routingKey }: Address): string {
  const { body, contentType, contentEncoding, headers, properties } = message;
  return JSON.stringify({
    body: body.toString("base64"),
    "content-encoding": contentEncoding,
    "content-type": contentType,
    headers,
    properties: {
      ...(properties.correlationId === undefined ? {} : { correlation_id: properties.correlationId }),
      reply_to: properties.replyTo ?? "",
      delivery_mode: PERSISTENT,
      delivery_info: { exchange, routing_key: routingKey },
      priority: properties.priority ?? 0,
      body_encoding: "base64",
      delivery_tag: randomUUID(),
    },
  });
}

/** Parses a message of kombu; undefined when it is none. */
export function fromEnvelope(raw: string): RedisEnvelope | undefined {
  const parsed = membersOf(parsedJson(raw));
  const properties = membersOf(parsed?.["properties"]);
  const tag = properties?.["delivery_tag"];
  if (parsed === undefined || properties === undefined || typeof tag !== "string") return undefined;
  const { body } = parsed;
  if (typeof body !== "string") return undefined;
  const info = membersOf(properties["delivery_info"]);
  const message: WireMessage = {
    body: Buffer.from(body, properties["body_encoding"] === "base64" ? "base64" : "utf8"),
    contentType: textOf(parsed["content-type"]),
    contentEncoding: textOf(parsed["content-encoding"]),
    headers: membersOf(parsed["headers"]) ?? {},
    properties: {
      correlationId: textOf(properties["correlation_id"]),
      replyTo: textOf(properties["reply_to"]),
      priority: typeof properties["priority"] === "number" ? properties["priority"] : undefined,
    },
  };
  const redelivered = info?.["redelivered"] === true || message.headers["redelivered"] === true;
  return { message, tag, redelivered };
}

/** Marks a message as redelivered, as kombu does when it restores one. */
export function redeliveredEnvelope(raw: string): string {
  const parsed = JSON.parse(raw) as { headers?: object; properties?: { delivery_info?: object } };
  return JSON.stringify({
    ...parsed,
    headers: { ...parsed.headers, redelivered: true },
    properties: {
      ...parsed.properties,
      delivery_info: { ...parsed.properties?.delivery_info, redelivered: true },
    },
  });
}

function parsedJson(raw: string): unknown {
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
