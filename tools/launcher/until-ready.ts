import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, ExpectedFailure } from "../lib/expected-failure.js";
import { urlOf } from "./environment.js";
import type { Ports } from "./ports.js";

const EVERY_MS = 10;
const WITHIN_MS = 60_000;
/** A wait shorter than this needs no word. */
const SAY_AFTER_MS = 2_000;

interface Ready {
  readonly host: string;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

interface Condition {
  readonly name: string;
  /** State of the service now. */
  readonly look: () => Promise<string>;
  readonly wanted: string;
}

/** Resolves when the gateway and the job service are ready and the recommender listens, so that the first page is a live one. */
export async function untilReady(ready: Ready): Promise<void> {
  await Promise.all(conditions(ready).map((condition) => until(condition, ready)));
}

function conditions({ host, ports }: Ready): readonly Condition[] {
  const atUrl = (name: string, port: number): Condition => {
    const url = `${urlOf(host, port)}/readyz`;
    return { name: `${name} at ${url}`, look: () => statusOf(url), wanted: "200" };
  };
  const { PORT, JOBS_PORT, GRPC_PORT } = ports;
  return [
    { name: `the recommender at port ${GRPC_PORT}`, look: () => stateOf(GRPC_PORT), wanted: "open" },
    atUrl("the gateway", PORT),
    atUrl("the jobs", JOBS_PORT),
  ];
}

async function until({ name, look, wanted }: Condition, { signal, onProgress }: Ready): Promise<void> {
  const startedAt = performance.now();
  let isSaid = false;
  while (!signal.aborted) {
    const state = await look();
    if (state === wanted) return;
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > WITHIN_MS) {
      throw new ExpectedFailure(`The services run, but after ${WITHIN_MS / 1_000} s ${name} is not ready (${state}).`);
    }
    if (!isSaid && waitedMs > SAY_AFTER_MS) {
      isSaid = true;
      onProgress(`waiting for ${name} (${state})`);
    }
    await sleep(EVERY_MS);
  }
}

function statusOf(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.once("timeout", () => request.destroy(new Error("no answer within 1 s")));
    request.once("error", (error) => resolve(codeOf(error)));
  });
}

function stateOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve("open"));
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error) => resolve(codeOf(error)));
  });
}
