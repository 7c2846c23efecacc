export type { TrackKind, TrackPayload } from "./payload.js";
export { type ArticleTokens, signArticle, signExposure } from "./sign.js";
export { openTrackKeys, type TrackKeys } from "./track-keys.js";
export { type Tracked, verifyTrackToken } from "./verify.js";
