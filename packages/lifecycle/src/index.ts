export { CloseStack } from "./close-stack.js";
export { runUntilSignal } from "./run-until-signal.js";
