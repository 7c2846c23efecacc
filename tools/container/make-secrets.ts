/**
 * The secrets of `docker compose up`: `node tools/dist/make-secrets.js <given> <into>`. Each is the file of its name in `given`, or made
 * anew at the first start and the same from then on: `into` has a folder for each, so that a service gets only what it needs.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isPublishedSecret } from "@headline/service/config";
import { commandLine } from "../lib/command-line.js";
import { ExpectedFailure, endWith } from "../lib/expected-failure.js";
import { say } from "../lib/terminal.js";

const SIGNING_LENGTH_MIN = 32;
const { positionals } = commandLine({
  usage:
    "node tools/dist/make-secrets.js <given> <into>\n\nMakes the secrets that <given> has no file for, and keeps all of them in <into>.",
  positionals: 2,
  least: 2,
});
const [given, into] = positionals as [string, string];

try {
  for (const name of ["jwt", "track", "staff"])
    store(name, "secret", signing(name) ?? stored(name, "secret") ?? random());
  const password = read(join(given, "mysql-password")) ?? stored("mysql", "password") ?? random();
  store("mysql", "password", password);
  store("mysql", "url", `mysql://root:${encodeURIComponent(password)}@mysql:3306/headline`);
  say("the secrets are there");
} catch (error) {
  endWith(error);
}

function signing(name: string): string | undefined {
  const text = read(join(given, `${name}-secret`));
  if (text !== undefined && (text.length < SIGNING_LENGTH_MIN || isPublishedSecret(text))) {
    throw new ExpectedFailure(
      `${name}-secret: must have at least ${SIGNING_LENGTH_MIN} characters that cannot be guessed; make one: openssl rand -base64 48`,
    );
  }
  return text;
}

function stored(folder: string, name: string): string | undefined {
  return read(join(into, folder, name));
}

/** Every user of the containers that mount the folder may read it: they differ from image to image. */
function store(folder: string, name: string, text: string): void {
  mkdirSync(join(into, folder), { recursive: true });
  const path = join(into, folder, name);
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o444 });
  renameSync(`${path}.new`, path);
}

function read(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  return readFileSync(path, "utf8").replace(/[\r\n]+$/, "") || undefined;
}

function random(): string {
  return randomBytes(36).toString("base64url");
}
