import { setMaxListeners } from "node:events";

const LOOK_EVERY_MS = 200;

export interface StopSignal {
  readonly signal: AbortSignal;
  /** Resolves with the first signal. */
  readonly asked: Promise<void>;
  onSecond(act: () => void): void;
}

/** The first SIGINT, SIGTERM or SIGHUP asks for an orderly end, a second one for an immediate end. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let atOnce = () => {};
  const onSignal = () => {
    if (controller.signal.aborted) atOnce();
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, onSignal);
  onEndOfNpm(() => controller.abort());
  return {
    signal: controller.signal,
    asked: new Promise((resolve) => controller.signal.addEventListener("abort", () => resolve(), { once: true })),
    onSecond(act) {
      atOnce = act;
    },
  };
}

/** npm passes SIGTERM on to the shell between it and this process, and the shell keeps it: the end of the shell counts. */
function onEndOfNpm(act: () => void): void {
  if (!process.env["npm_lifecycle_event"]) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    act();
  }, LOOK_EVERY_MS);
  timer.unref();
}
