import type { AsyncMessage, Envelope } from "rabbitmq-client";
import type { WireMessage } from "./wire-message.js";

/** Properties of a message for the client; a durable one survives a restart of the broker. */
export function toAmqp(
  { contentType, contentEncoding, headers, properties }: WireMessage,
  { durable }: { readonly durable: boolean },
): Envelope {
  const { correlationId, replyTo, priority } = properties;
  return {
    headers,
    durable,
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(replyTo === undefined || replyTo === "" ? {} : { replyTo }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Reads a message of the client, which parses JSON without an encoding. */
export function fromAmqp({ body, contentType, contentEncoding, headers = {}, ...rest }: AsyncMessage): WireMessage {
  const { correlationId, replyTo, priority } = rest;
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    ...{ contentType, contentEncoding, headers },
    properties: { correlationId, replyTo, priority },
  };
}
