export { CloseStack } from "./close-stack.js";
export { runUntilSignal } from "./run-until-signal.js";
export { untilItWorks } from "./until-it-works.js";
