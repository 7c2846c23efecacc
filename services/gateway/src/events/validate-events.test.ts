import type { EventLog, TrackedEvent } from "@headline/newsroom/events";
import type { Outcome, Reacted } from "@headline/newsroom/reactions";
import { Refusal } from "@headline/service/errors";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { describe, expect, test } from "@jest/globals";
import { createEventValidator } from "./validate-events.js";

const keys = openTrackKeys("a secret of more than thirty-two bytes");
const nowMs = 1_795_217_000_123;
const signer = new BatchSigner(keys, {
  userId: 7n,
  channelId: 0,
  stamp: nowMs - 1_000,
  expiresAtSeconds: nowMs / 1_000 + 60,
  bucket: 1,
});
const empty = signer.exposure();
const tokens = signer.article(97n, 1, 0);
const id = "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10";
const item = (type: string, token: string) => ({ id, type, token, ts: nowMs });
const away = new Refusal("UNAVAILABLE", "not now");

/** A validator whose log and reactions answer as told, one call after the other. */
function validatorWith(calls: { react?: (Outcome | Reacted | Error)[]; append?: (boolean | Error)[] }) {
  const appended: TrackedEvent[][] = [];
  const errors: unknown[] = [];
  const answer = <T>(answers: (T | Error)[] | undefined) => {
    const next = answers?.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error("nobody should have asked");
    return next;
  };
  const eventLog = {
    append: async (events: readonly TrackedEvent[]) => {
      appended.push([...events]);
      const fresh = answer(calls.append);
      return events.map(() => fresh);
    },
  };
  const validate = createEventValidator({
    keys,
    eventLog: eventLog as unknown as EventLog,
    react: async (reactions) => {
      if (reactions.length === 0) return [];
      const reacted = answer(calls.react);
      return [typeof reacted === "string" ? { outcome: reacted } : reacted];
    },
    now: () => nowMs,
    onError: (error) => void errors.push(error),
  });
  return { appended, errors, validate: (...items: unknown[]) => validate(items, undefined) };
}

describe("a reaction", () => {
  test("that was carried out and not logged is logged, and accepted, when it comes again", async () => {
    const { validate, appended, errors } = validatorWith({ react: ["changed", "known"], append: [away, true] });
    expect(await validate(item("liking", tokens.liking))).toEqual([{ is: "unavailable" }]);
    expect(await validate(item("liking", tokens.liking))).toEqual([{ is: "accepted" }]);
    expect(appended[1]).toMatchObject([{ kind: "liking", articleId: 97n, occurrence: id }]);
    expect(errors).toEqual([away]);
  });

  test("that takes a dislike back is logged with why that was", async () => {
    const { validate, appended } = validatorWith({
      react: [
        { outcome: "changed", whyUndone: "old" },
        { outcome: "known", whyUndone: "old" },
      ],
      append: [away, true],
    });
    expect(await validate(item("undislike", tokens.click))).toEqual([{ is: "unavailable" }]);
    expect(await validate(item("undislike", tokens.click))).toEqual([{ is: "accepted" }]);
    expect(appended).toMatchObject([[{ kind: "undislike", why: "old" }], [{ kind: "undislike", why: "old" }]]);
  });

  test("that changed nothing, or could not be carried out, is not logged", async () => {
    for (const [outcome, is] of [
      ["same", "duplicate"],
      ["absent", "refused"],
      ["own", "refused"],
      [away, "unavailable"],
    ] as const) {
      const { validate, appended } = validatorWith({ react: [outcome] });
      expect(await validate(item("block", tokens.click))).toMatchObject([{ is }]);
      expect(appended).toEqual([]);
    }
  });

  test("that cannot be carried out now does not hold up what needs no database", async () => {
    const { validate, appended } = validatorWith({ react: [away], append: [true] });
    expect(await validate(item("liking", tokens.liking), item("click", tokens.click))).toEqual([
      { is: "unavailable" },
      { is: "accepted" },
    ]);
    expect(appended).toMatchObject([[{ kind: "click" }]]);
  });
});

test("a bug is not a result", async () => {
  const bug = new Error("a bug");
  await expect(validatorWith({ append: [bug] }).validate(item("click", tokens.click))).rejects.toBe(bug);
  await expect(validatorWith({ react: [bug] }).validate(item("liking", tokens.liking))).rejects.toBe(bug);
});

test("of a page without articles nothing was seen", async () => {
  expect(await validatorWith({}).validate(item("exposure", empty))).toEqual([
    { is: "refused", fields: [{ field: "token", detail: "is of a page without articles" }] },
  ]);
});
