export { CloseStack } from "./close-stack.js";
export { retryUntil } from "./retry-until.js";
export { runUntilSignal } from "./run-until-signal.js";
