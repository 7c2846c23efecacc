import { clip, type FieldError, Refusal } from "@headline/service/errors";
import type { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { Upload } from "./event-item.js";
import type { EventResult, ValidateEvents } from "./validate-events.js";

const REASON_MAX = 200;
const TRY_AGAIN = "try again later";

export interface EventDeps {
  readonly validate: ValidateEvents;
  /** Network of a guest, in the log, by the address of the request. */
  readonly guestNetwork: (address: string | undefined) => number;
}

/**
 * Makes events durable, and returns a result for each. A beacon sends no headers: then each token says whose event it is. Where
 * the request names a reader, the tokens have to be theirs.
 */
export function reportEvents({ validate, guestNetwork }: EventDeps) {
  return async ({ req, reader, body }: Call<{ reader: Reader | undefined; body: z.output<typeof Upload> }>) =>
    present(await validate(body.events, reader, guestNetwork(req.ip)));
}

/** @throws Refusal when nothing counts: UNAVAILABLE if that may be otherwise later, else INVALID_ARGUMENT. */
function present(results: readonly EventResult[]) {
  const accepted = results.filter(({ is }) => is === "accepted").length;
  const duplicates = results.filter(({ is }) => is === "duplicate").length;
  const rejected = results.flatMap((result, index) => {
    const reason = reasonOf(result);
    return reason === undefined ? [] : [{ index, reason }];
  });
  if (rejected.length < results.length) return { accepted, duplicates, rejected };

  if (results.some(({ is }) => is === "unavailable"))
    throw new Refusal("UNAVAILABLE", "events cannot be kept right now", { retryAfterSeconds: 1 });
  const fields = results.flatMap((result, index) =>
    result.is === "refused" ? result.fields.map((field) => ofItem(index, field)) : [],
  );
  throw new Refusal("INVALID_ARGUMENT", `none of the events counts: ${rejected[0]?.reason}`, { fields });
}

function reasonOf(result: EventResult): string | undefined {
  if (result.is === "unavailable") return TRY_AGAIN;
  if (result.is !== "refused") return undefined;
  const reasons = result.fields.map(({ field, detail }) => (field === "" ? detail : `${field} ${detail}`));
  return clip(reasons.join("; "), REASON_MAX);
}

/** `events[3].token` */
function ofItem(index: number, { field, detail }: FieldError): FieldError {
  return { field: field === "" ? `events[${index}]` : `events[${index}].${field}`, detail };
}
