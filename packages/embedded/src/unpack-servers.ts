import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { identifyProcess } from "./process-identity.js";

interface Unpack {
  readonly tree: string;
  readonly onProgress: (line: string) => void;
  readonly dpkgStatusPath?: string | undefined;
}

const PACKAGES = ["redis-tools", "mariadb-server-core"];
const STEP_WITHIN_MS = 120_000;

/**
 * Unpacks Redis and MariaDB with the libraries this machine lacks into `tree`, needing no privilege: apt downloads
 * (and checks signatures) in folders of our own, dpkg-deb only extracts. The tree appears complete or not at all.
 */
export async function unpackServers({ tree, onProgress, dpkgStatusPath }: Unpack): Promise<void> {
  if (process.platform !== "linux") throw new Error("not a Debian or Ubuntu");
  const part = `${tree}.part-${process.pid}`;
  mkdirSync(dirname(tree), { recursive: true });
  removeAbandoned(tree);
  try {
    const apt = aptIn(join(part, "apt"), dpkgStatusPath);
    onProgress("Redis and MariaDB are not installed: unpacking them for this user only (about 11 MB, once)");
    await run("apt-get", [...apt, "update"]);
    onProgress("downloading packages");
    await run("apt-get", [
      ...apt,
      "install",
      "--download-only",
      "--reinstall",
      "--yes",
      "--no-install-recommends",
      ...PACKAGES,
    ]);
    const archives = join(part, "apt/cache/archives");
    for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
      onProgress(`unpacking ${name.replace(/_.*/, "")}`);
      await run("dpkg-deb", ["--extract", join(archives, name), join(part, "root")]);
    }
    putInPlace(join(part, "root"), tree);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Arguments that make apt touch nothing of the system's. */
function aptIn(folder: string, dpkgStatusPath = "/var/lib/dpkg/status"): string[] {
  mkdirSync(join(folder, "state/lists/partial"), { recursive: true });
  mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
  const options = {
    "Dir::State": join(folder, "state"),
    "Dir::State::status": dpkgStatusPath,
    "Dir::Cache": join(folder, "cache"),
    "Debug::NoLocking": "true",
    "APT::Sandbox::User": "", // root's apt would change to a user who may not enter our folder
    "APT::Update::Error-Mode": "any", // else an offline update "succeeds" and the install blames the package's name
    "Acquire::Retries": "1",
    "Acquire::http::Timeout": "15",
    "Acquire::https::Timeout": "15",
    "Acquire::Languages": "none",
  };
  // Read after the system's own files, so that it can also take back their hooks, which clean and refresh caches.
  const config = join(folder, "apt.conf");
  const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  const lines = [
    ...hooks.map((name) => `#clear ${name};`),
    ...Object.entries(options).map(([name, value]) => `${name} "${value}";`),
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  return ["-qq", "-c", config];
}

function putInPlace(root: string, tree: string): void {
  if (existsSync(tree)) rmSync(tree, { recursive: true, force: true }); // incomplete, or we would not be here
  renameSync(root, tree);
}

/** Folders that a killed launcher left behind. */
function removeAbandoned(tree: string): void {
  const prefix = `${basename(tree)}.part-`;
  for (const name of readdirSync(dirname(tree)).filter((entry) => entry.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length));
    if (identifyProcess(pid) === undefined) rmSync(join(dirname(tree), name), { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
    execFile(command, args, { env, timeout: STEP_WITHIN_MS, maxBuffer: 10_000_000 }, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
      const lastLine = `${stdout}\n${stderr}`.trim().split("\n").at(-1) ?? "";
      const killed = error.killed ? `${command} took more than ${STEP_WITHIN_MS / 1000} s` : "";
      reject(new Error(absent ? `no ${command} here` : killed || lastLine || error.message, { cause: error }));
    });
  });
}
