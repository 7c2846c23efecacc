import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import type { RunContext } from "../core/task.js";
import { CommandFailedError, type CommandSpec, commandTask } from "./run-command.js";

const run = commandTask();

function context(signal = new AbortController().signal): RunContext {
  return { executionId: "e1", jobId: "j1", jobName: "job", scheduledAt: 0, attempt: 1, signal, threadId: 0 };
}

const output = async (spec: CommandSpec) => (await run(context(), spec)).output;

test("a command gets cron's environment, its table's variables, and nothing of this process", async () => {
  const shown = await output({ command: "env; pwd", environment: { GREETING: "hello  world", HOME: "/" } });
  expect(shown).toContain("PATH=/usr/bin:/bin\n");
  expect(shown).toContain("SHELL=/bin/sh\n");
  expect(shown).toContain(`LOGNAME=${userInfo().username}\n`);
  expect(shown).toContain("GREETING=hello  world\n");
  expect(shown).toContain("SCHED_EXECUTION_ID=e1\n");
  expect(shown.endsWith("\n/\n")).toBe(true);
  expect(shown).not.toContain("NODE");
});

test("a command reads its input, or an empty one, and its own shell", async () => {
  expect(await output({ command: "cat", stdin: "one\ntwo\n" })).toBe("one\ntwo\n");
  expect(await output({ command: "cat" })).toBe("");
  expect(await output({ command: "echo $0", environment: { SHELL: "/bin/bash" } })).toBe("/bin/bash\n");
  await run(context(), { command: "exec true", stdin: "x".repeat(1_000_000) });
});

test("an exit code other than 0 is an error with the end of the output", async () => {
  const failed = run(context(), { command: "echo before; echo wrong >&2; exit 3" });
  await expect(failed).rejects.toThrow(CommandFailedError);
  await expect(failed).rejects.toMatchObject({ message: "exit code 3: before\nwrong", exitCode: 3 });
  await expect(run(context(), { command: "kill -9 $$" })).rejects.toThrow("ended by SIGKILL");
});

test("64 kB of the output are kept, and the rest does not stop the command", async () => {
  const result = await run(context(), { command: "head -c 300000 /dev/zero | tr '\\0' x" });
  expect(result).toMatchObject({ exitCode: 0, truncated: true });
  expect(result.output).toHaveLength(65_536);
});

test("what an aborted command has started ends with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sched-test-"));
  const end = new AbortController();
  try {
    const running = run(context(end.signal), { command: `sleep 60 & echo $! > ${folder}/child; wait` });
    const aborted = expect(running).rejects.toThrow("enough");
    const pid = await eventually(() => {
      const read = Number(readFileSync(join(folder, "child"), "utf8"));
      expect(read).toBeGreaterThan(0);
      return read;
    });
    end.abort(new Error("enough"));
    await aborted;
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a command that leaves something running with its output open has ended all the same", async () => {
  expect(await output({ command: "sleep 300 & echo done; kill -0 $!" })).toBe("done\n");
});

test("a home that is not there, a shell that is not there and a user that is not there are errors", async () => {
  await expect(run(context(), { command: "true", environment: { HOME: "/nowhere" } })).rejects.toThrow(
    "HOME: there is no folder",
  );
  await expect(run(context(), { command: "true", environment: { SHELL: "/bin/nosh" } })).rejects.toThrow("ENOENT");
  await expect(run(context(), { command: "true", user: "nobody-of-that-name" })).rejects.toThrow("user: ");
});
