import { Refusal } from "@headline/service/errors";
import { describe, expect, test } from "@jest/globals";
import { asFailure } from "./store-failure.js";

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

describe("what Redis and its client say", () => {
  test.each([
    new Error("Command timed out"),
    new Error("Connection is closed."),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
    Object.assign(new Error("Reached the max retries per request limit (which is 0)."), {
      name: "MaxRetriesPerRequestError",
    }),
    reply("LOADING Redis is loading the dataset in memory"),
    reply("READONLY You can't write against a read only replica."),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("CLUSTERDOWN The cluster is down"),
    reply("NOAUTH Authentication required."),
    reply("WRONGPASS invalid username-password pair or user is disabled."),
    reply(
      "ERR Error running script (call to f_6b1bf4): @user_script:1: -READONLY You can't write against a read only replica.",
    ),
  ])("%s: UNAVAILABLE, ask again in a second", (error) => {
    const failure = asFailure(error);
    expect(failure).toBeInstanceOf(Refusal);
    expect(failure).toMatchObject({ code: "UNAVAILABLE", retryAfterSeconds: 1, cause: error });
    expect((failure as Refusal).message).not.toContain(error.message);
  });

  test.each([
    reply("WRONGTYPE Operation against a key holding the wrong kind of value"),
    reply("ERR Error running script: attempt to index a nil value"),
    reply("ERR READONLY is no command"),
  ])("%s: a bug of ours", (error) => {
    expect(asFailure(error)).toBe(error);
  });
});
