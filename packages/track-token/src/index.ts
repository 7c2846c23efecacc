export { type ArticleTokens, BatchSigner } from "./batch-signer.js";
export type { BatchBinding, ServedArticle, TrackKind, TrackPayload } from "./payload.js";
export { TOKENS_BYTES } from "./token-bytes.js";
export { openTrackKeys, type TrackKeys } from "./track-keys.js";
export { type Exposed, type Tracked, verifyExposureToken, verifyTrackToken } from "./verify-track-token.js";
