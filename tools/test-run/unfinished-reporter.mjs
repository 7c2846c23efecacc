import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "../lib/root.mjs";

/** A Jest reporter that keeps `$HEADLINE_TEST_PROGRESS` up to date, for a run that has to be stopped: `{passed, failed, running}`. */
export default class UnfinishedReporter {
  #passed = 0;
  #failed = 0;
  #running = new Set();

  onTestFileStart({ path }) {
    this.#running.add(relative(root, path));
    this.#write();
  }

  onTestFileResult({ path }, { numPassingTests, numFailingTests, testExecError }) {
    this.#running.delete(relative(root, path));
    this.#passed += numPassingTests;
    this.#failed += numFailingTests + (testExecError && numFailingTests === 0 ? 1 : 0);
    this.#write();
  }

  #write() {
    const progress = { passed: this.#passed, failed: this.#failed, running: [...this.#running] };
    writeFileSync(process.env.HEADLINE_TEST_PROGRESS, JSON.stringify(progress));
  }
}
