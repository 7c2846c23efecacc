import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedFailure } from "./expected-failure.mjs";

const EVERY_MS = 10;

/** Resolves when `url` answers 200; its last other answer is in the failure. */
export async function untilReady(url, { withinMs, signal }) {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask(url);
    if (answer === "200" || signal.aborted) return;
    if (performance.now() > endsAt) {
      throw new ExpectedFailure(
        `The services run, but ${url} did not answer 200 within ${withinMs / 1_000} s (${answer}).`,
      );
    }
    await sleep(EVERY_MS);
  }
}

function ask(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.once("timeout", () => request.destroy(new Error("no answer within 1 s")));
    request.once("error", (error) => resolve(error.code ?? error.message));
  });
}
