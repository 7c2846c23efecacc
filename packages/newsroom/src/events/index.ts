export { EventStream, type StreamLag } from "./event-stream.js";
export { followEvents } from "./follow-events.js";
export { type EventConsumer, openEventConsumer } from "./open-event-consumer.js";
export { type EventLog, openEventLog } from "./open-event-log.js";
export { prunedUpTo, pruneEvents } from "./prune-events.js";
export { newestEventId, readEvents } from "./read-events.js";
export {
  DISLIKE_WHYS,
  type DislikeWhy,
  EVENT_KINDS,
  type EventKind,
  type LandedEvent,
  type ReactionKind,
  type TrackedEvent,
  tokenOf,
  UPLOADED_KINDS,
  type UploadedKind,
} from "./tracked-event.js";
