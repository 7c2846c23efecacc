import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { refusalSender } from "./problem.js";

/** A request and its answer. */
interface Exchange {
  readonly res: ServerResponse;
  readonly listeners: (() => void)[];
}

interface Connection {
  /** The oldest first: an array, because most connections have one at a time, and a Map that things pass through costs more (Slots). */
  readonly unanswered: Exchange[];
  /** Nothing that is pipelined from here on is answered. */
  isFull: boolean;
}

const connections = new WeakMap<Duplex, Connection>();

/**
 * Calls `listener` once, when the answer has left or its connection has ended, whichever is first. Of pipelined requests Node
 * emits "close" only on the response that is being written when the connection ends, never on those behind it.
 */
export function onceOver(res: ServerResponse, listener: () => void): void {
  const { socket } = res.req;
  if (socket.closed) {
    listener();
    return;
  }
  const connection = connectionOf(socket);
  const known = connection.unanswered.find((exchange) => exchange.res === res);
  if (known === undefined) begin(connection, { res, listeners: [listener] });
  else known.listeners.push(listener);
}

/** Requests of a connection that wait for their answers, the oldest first. */
export function unansweredOn(socket: Duplex): readonly ServerResponse[] {
  return connections.get(socket)?.unanswered.map(({ res }) => res) ?? [];
}

/**
 * Refuses the request beyond `max` unanswered ones of its connection, and what comes behind it is dropped: the connection ends
 * with that refusal, and a client that pipelines has to expect as much (RFC 9112 §9.3.2).
 */
export function boundPipelining(max: number): RequestHandler {
  const detail = `at most ${max} requests of a connection may wait for their answers`;
  const refuseFull = refusalSender(new Refusal("RESOURCE_EXHAUSTED", detail));
  return (req, res, next) => {
    const connection = connectionOf(req.socket);
    if (connection.isFull) return;
    const isBeyond = connection.unanswered.length >= max;
    begin(connection, { res, listeners: [] });
    if (!isBeyond) return next();
    connection.isFull = true;
    res.setHeader("Connection", "close");
    refuseFull(res);
  };
}

/** One listener a socket, however many requests it carries. */
function connectionOf(socket: Duplex): Connection {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const connection: Connection = { unanswered: [], isFull: false };
  connections.set(socket, connection);
  socket.once("close", () => {
    for (const exchange of connection.unanswered.splice(0)) notify(exchange);
  });
  return connection;
}

function begin({ unanswered }: Connection, exchange: Exchange): void {
  unanswered.push(exchange);
  exchange.res.once("close", () => {
    const at = unanswered.indexOf(exchange);
    if (at === -1) return;
    unanswered.splice(at, 1);
    notify(exchange);
  });
}

function notify({ listeners }: Exchange): void {
  for (const listener of listeners) listener();
}
