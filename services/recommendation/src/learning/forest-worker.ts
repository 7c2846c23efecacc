import { parentPort } from "node:worker_threads";
import { growForest, type Training } from "@headline/ranking";

/** Grows one forest after the other, off the thread that serves. */
parentPort?.on("message", ({ id, training }: { id: number; training: Training }) => {
  parentPort?.postMessage({ id, forest: growForest(training.set, training.options) });
});
