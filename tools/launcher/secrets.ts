import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.js";
import { ensureDataFolder } from "./data-folder.js";

const NEEDED = ["JWT_SECRET", "TRACK_SECRET"] as const;
const NAMES = [...NEEDED, "STAFF_SECRET"] as const;
const LENGTH_MIN = 32;

type Name = (typeof NAMES)[number];
type Stored = Partial<Record<string, unknown>>;
export type Secrets = Readonly<Record<Name, string>>;

/** The secrets of the environment; a missing one is made once, kept in the data folder, and the same at the next start. */
export function readSecrets(env: Partial<Record<Name | "NODE_ENV", string | undefined>>, dataDir: string): Secrets {
  const missing = NEEDED.filter((name) => !env[name]);
  if (env.NODE_ENV === "production") {
    if (missing.length === 0) return secretsOf((name) => env[name]);
    throw new ExpectedFailure(
      `With NODE_ENV=production ${missing.join(" and ")} must be set (at least ${LENGTH_MIN} characters), for example:\n` +
        missing.map((name) => `  ${name}=$(openssl rand -base64 32)`).join("\n"),
    );
  }
  const stored = NAMES.every((name) => env[name]) ? {} : storedIn(dataDir);
  return secretsOf((name) => env[name] || stored[name]);
}

function secretsOf(secretOf: (name: Name) => unknown): Secrets {
  return Object.fromEntries(NAMES.map((name) => [name, secretOf(name)])) as Secrets;
}

function storedIn(dataDir: string): Stored {
  ensureDataFolder(dataDir);
  const path = join(dataDir, "secrets.json");
  const stored = existsSync(path) ? parse(path) : {};
  if (NAMES.every((name) => name in stored)) return stored;
  const all = { ...secretsOf(() => randomBytes(32).toString("base64url")), ...stored };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return all;
}

function parse(path: string): Stored {
  try {
    const stored = JSON.parse(readFileSync(path, "utf8")) as Stored;
    const isSecret = (name: string) => typeof stored[name] === "string" && stored[name].length >= LENGTH_MIN;
    if (NEEDED.every(isSecret) && Object.keys(stored).every(isSecret)) return stored;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ExpectedFailure(
    `${path} does not hold ${NEEDED.join(" and ")}; remove it and new ones are made (everybody signs in again).`,
  );
}
