import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { urlOf } from "./environment.mjs";

const EVERY_MS = 10;
const WITHIN_MS = 60_000;

/** Resolves when the gateway and the job service say they are ready and the recommender listens, so that the first page is a live one. */
export async function untilReady({ host, ports }, signal) {
  const urls = [ports.PORT, ports.JOBS_PORT].map((port) => `${urlOf(host, port)}/readyz`);
  await Promise.all([
    ...urls.map((url) => until(() => answerOf(url), "200", { what: url, signal })),
    until(() => listening(ports.GRPC_PORT), "open", { what: `the gRPC port ${ports.GRPC_PORT}`, signal }),
  ]);
}

async function until(ask, wanted, { what, signal }) {
  const endsAt = performance.now() + WITHIN_MS;
  while (!signal.aborted) {
    const answer = await ask();
    if (answer === wanted) return;
    if (performance.now() > endsAt) {
      throw new ExpectedFailure(`The services run, but after ${WITHIN_MS / 1_000} s ${what} is not ready (${answer}).`);
    }
    await sleep(EVERY_MS);
  }
}

function answerOf(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.once("timeout", () => request.destroy(new Error("no answer within 1 s")));
    request.once("error", (error) => resolve(error.code ?? error.message));
  });
}

function listening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve("open"));
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error) => resolve(error.code ?? error.message));
  });
}
