import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { ensureDataFolder } from "./data-folder.mjs";

const NEEDED = ["JWT_SECRET", "TRACK_SECRET"];
const NAMES = [...NEEDED, "STAFF_SECRET"];
const LENGTH_MIN = 32;

/** The secrets of the environment; what is missing is made once, kept in the data folder, and the same at the next start. */
export function readSecrets(env, dataDir) {
  const missing = NEEDED.filter((name) => !env[name]);
  if (env.NODE_ENV === "production") {
    if (missing.length === 0) return Object.fromEntries(NAMES.map((name) => [name, env[name]]));
    throw new ExpectedFailure(
      `With NODE_ENV=production ${missing.join(" and ")} must be set (at least ${LENGTH_MIN} characters), for example:\n` +
        missing.map((name) => `  ${name}=$(openssl rand -base64 32)`).join("\n"),
    );
  }
  const kept = NAMES.every((name) => env[name]) ? {} : keptIn(dataDir);
  return Object.fromEntries(NAMES.map((name) => [name, env[name] || kept[name]]));
}

function keptIn(dataDir) {
  ensureDataFolder(dataDir);
  const path = join(dataDir, "secrets.json");
  const kept = existsSync(path) ? parse(path) : {};
  if (NAMES.every((name) => name in kept)) return kept;
  const made = Object.fromEntries(NAMES.map((name) => [name, randomBytes(32).toString("base64url")]));
  const draft = `${path}.${process.pid}`;
  const all = { ...made, ...kept };
  writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return all;
}

function parse(path) {
  try {
    const kept = JSON.parse(readFileSync(path, "utf8"));
    const isSecret = (name) => typeof kept[name] === "string" && kept[name].length >= LENGTH_MIN;
    if (NEEDED.every(isSecret) && Object.keys(kept).every(isSecret)) return kept;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ExpectedFailure(
    `${path} does not hold ${NEEDED.join(" and ")}; remove it and new ones are made (everybody signs in again).`,
  );
}
