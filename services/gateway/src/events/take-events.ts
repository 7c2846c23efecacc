import type { WriteLimit } from "@headline/redis/limits";
import { clip, type FieldError, Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { read } from "../http/read.js";
import { Upload } from "./event-item.js";
import type { Judge, Verdict } from "./judge-events.js";

const REASON_MAX = 200;
const TRY_AGAIN = "try again later";

interface Parts {
  readonly authenticate: Authenticate;
  readonly judge: Judge;
  readonly limit: WriteLimit;
  readonly guestNetwork: (address: string | undefined) => number;
}

/** POST /events: 202 once what is accepted is durable, with a verdict on each item; 400 when there is none to accept. */
export function takeEvents({ authenticate, judge, limit, guestNetwork }: Parts): RequestHandler {
  return async (req, res) => {
    // A beacon sends no headers: then each token says whose event it is. Where a reader is named, the tokens have to be theirs.
    const reader = req.headers.authorization === undefined ? undefined : await authenticate.anybody(req, res);
    await limit({ readerId: reader?.userId, address: req.ip });
    const { events } = read(Upload, req.body);
    const verdicts = await judge(events, reader, guestNetwork(req.ip));
    sendOk(res, present(verdicts), 202);
  };
}

/** @throws Refusal when nothing counts: UNAVAILABLE if that may be otherwise later, else INVALID_ARGUMENT. */
function present(verdicts: readonly Verdict[]) {
  const accepted = verdicts.filter(({ is }) => is === "accepted").length;
  const duplicates = verdicts.filter(({ is }) => is === "duplicate").length;
  const rejected = verdicts.flatMap((verdict, index) => {
    const reason = reasonOf(verdict);
    return reason === undefined ? [] : [{ index, reason }];
  });
  if (rejected.length < verdicts.length) return { accepted, duplicates, rejected };

  if (verdicts.some(({ is }) => is === "unavailable"))
    throw new Refusal("UNAVAILABLE", "events cannot be kept right now", { retryAfterSeconds: 1 });
  const fields = verdicts.flatMap((verdict, index) =>
    verdict.is === "refused" ? verdict.fields.map((field) => ofItem(index, field)) : [],
  );
  throw new Refusal("INVALID_ARGUMENT", `none of the events counts: ${rejected[0]?.reason}`, { fields });
}

function reasonOf(verdict: Verdict): string | undefined {
  if (verdict.is === "unavailable") return TRY_AGAIN;
  if (verdict.is !== "refused") return undefined;
  const reasons = verdict.fields.map(({ field, detail }) => (field === "" ? detail : `${field} ${detail}`));
  return clip(reasons.join("; "), REASON_MAX);
}

/** `events[3].token` */
function ofItem(index: number, { field, detail }: FieldError): FieldError {
  return { field: field === "" ? `events[${index}]` : `events[${index}].${field}`, detail };
}
