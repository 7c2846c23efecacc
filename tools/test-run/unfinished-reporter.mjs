// @ts-check
// Jest loads a reporter as it stands, without its transforms: this one stays JavaScript.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

/** A Jest reporter that keeps `$HEADLINE_TEST_PROGRESS` up to date, for a run that has to be stopped: `{passed, failed, running}`. */
export default class UnfinishedReporter {
  #passed = 0;
  #failed = 0;
  /** @type {Set<string>} */
  #running = new Set();

  /** @param {{ path: string }} test */
  onTestFileStart({ path }) {
    this.#running.add(nameOf(path));
    this.#write();
  }

  /**
   * @param {{ path: string }} test
   * @param {{ numPassingTests: number, numFailingTests: number, testExecError?: unknown }} result
   */
  onTestFileResult({ path }, { numPassingTests, numFailingTests, testExecError }) {
    this.#running.delete(nameOf(path));
    this.#passed += numPassingTests;
    this.#failed += numFailingTests + (testExecError && numFailingTests === 0 ? 1 : 0);
    this.#write();
  }

  #write() {
    const progress = { passed: this.#passed, failed: this.#failed, running: [...this.#running] };
    writeFileSync(process.env["HEADLINE_TEST_PROGRESS"] ?? "", JSON.stringify(progress));
  }
}

/**
 * A run starts in the repository's folder.
 * @param {string} path
 */
function nameOf(path) {
  return relative(process.cwd(), path);
}
