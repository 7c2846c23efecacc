import { route, type Story } from "../http/route.js";
import { EventResults } from "./answers.js";
import { EventUpload, Upload } from "./event-item.js";
import { type EventDeps, reportEvents } from "./report-events.js";

/** A hundred exposures of ten articles fit, and browsers give no more to a beacon. */
const BODY_BYTES_MAX = 64 * 1_024;

export const events: Story<EventDeps> = {
  tag: "Events",
  about: "Feedback of readers, by the signed tokens of the feed.",
  routes: [
    route({
      method: "post",
      path: "/events",
      name: "reportEvents",
      summary: "Reports events",
      description:
        "202 is a promise: accepted events are durable and count. A client that gets no answer, or 503, sends the upload again; each event counts once by its `id`.",
      access: "optional",
      repeatable: true,
      // `navigator.sendBeacon` calls a string text/plain.
      body: {
        schema: Upload,
        documented: EventUpload,
        maxBytes: BODY_BYTES_MAX,
        types: ["application/json", "text/plain"],
      },
      rate: "events",
      answer: { status: 202, data: EventResults },
      handler: reportEvents,
    }),
  ],
};
