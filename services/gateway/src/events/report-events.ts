import { clip, type FieldError, Refusal } from "@headline/service/errors";
import type { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { Upload } from "./event-item.js";
import type { Judge, Verdict } from "./validate-events.js";

const REASON_MAX = 200;
const TRY_AGAIN = "try again later";

export interface EventDeps {
  readonly judge: Judge;
  /** Network of a guest, in the log, by the address of the request. */
  readonly guestNetwork: (address: string | undefined) => number;
}

/**
 * Makes events durable, and returns a result for each. A beacon sends no headers: then each token says whose event it is. Where
 * the request names a reader, the tokens have to be theirs.
 */
export function takeEvents({ judge, guestNetwork }: EventDeps) {
  return async ({ req, reader, body }: Call<{ reader: Reader | undefined; body: z.output<typeof Upload> }>) =>
    present(await judge(body.events, reader, guestNetwork(req.ip)));
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
