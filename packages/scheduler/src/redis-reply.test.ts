import { describe, expect, test } from "@jest/globals";
import { isNotPermitted, isRefusal, reconnectOnError, replyCode, resendOnError } from "./redis-reply.js";

/** An error of a command, as Redis 6 wraps it inside a script, and as Redis 7 says it of a script. */
const formsOf = (code: string) => [
  `${code} something of a reason`,
  `ERR Error running script (call to f_0123456789abcdef): @user_script:12: @user_script: 12: -${code} something`,
  `ERR Error running script (call to f_0123456789abcdef): @user_script:1: ${code} something`,
  `${code} something of a reason script: 0123456789abcdef, on @user_script:12.`,
];

describe("an error reply of Redis", () => {
  test.each(["READONLY", "MASTERDOWN", "UNBLOCKED", "NOAUTH"])("%s leads to a new connection in every form", (code) => {
    for (const form of formsOf(code)) expect([form, reconnectOnError(new Error(form))]).toEqual([form, 1]);
    const isReplica = code === "READONLY" || code === "MASTERDOWN";
    for (const form of formsOf(code)) expect(resendOnError(new Error(form))).toBe(isReplica ? 2 : 1);
  });

  test.each(["LOADING", "WRONGPASS", "NOPERM", "OOM", "MISCONF", "BUSY"])(
    "%s keeps the connection, and is a refusal",
    (code) => {
      for (const form of formsOf(code)) {
        expect([form, reconnectOnError(new Error(form))]).toEqual([form, false]);
        expect([replyCode(new Error(form)), isRefusal(new Error(form))]).toEqual([code, true]);
      }
    },
  );

  test("says when rights are missing", () => {
    for (const code of ["NOPERM", "NOAUTH", "WRONGPASS"])
      for (const form of formsOf(code)) expect(isNotPermitted(new Error(form))).toBe(true);
    expect(isNotPermitted(new Error("READONLY You can't write against a read only replica."))).toBe(false);
  });

  test("is none where a link ended, or a value only mentions a code", () => {
    for (const message of ["Connection is closed.", "connect ECONNREFUSED 127.0.0.1:1", "value -READONLY", ""])
      expect([reconnectOnError(new Error(message)), isRefusal(new Error(message))]).toEqual([false, false]);
    expect(reconnectOnError(new Error("ERR unknown command 'READONLY'"))).toBe(false);
  });
});
