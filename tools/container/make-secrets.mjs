/**
 * The secrets of `docker compose up`: `node tools/container/make-secrets.mjs <given> <into>`. Each is the file of its name in `given`, or made
 * anew at the first start and the same from then on: `into` has a folder for each, so that a service gets only what it needs.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isPublishedSecret } from "@headline/service/config";
import { commandLine } from "../lib/command-line.mjs";
import { ExpectedFailure, endWith } from "../lib/expected-failure.mjs";
import { tell } from "../lib/terminal.mjs";

const SIGNING_LENGTH_MIN = 32;
const { positionals } = commandLine({
  usage:
    "node tools/container/make-secrets.mjs <given> <into>\n\nMakes the secrets that <given> has no file for, and keeps all of them in <into>.",
  positionals: 2,
  least: 2,
});
const [given, into] = positionals;

try {
  for (const name of ["jwt", "track", "staff"]) keep(name, "secret", signing(name) ?? kept(name, "secret") ?? made());
  const password = read(join(given, "mysql-password")) ?? kept("mysql", "password") ?? made();
  keep("mysql", "password", password);
  keep("mysql", "url", `mysql://root:${encodeURIComponent(password)}@mysql:3306/headline`);
  tell("the secrets are there");
} catch (error) {
  endWith(error);
}

function signing(name) {
  const text = read(join(given, `${name}-secret`));
  if (text !== undefined && (text.length < SIGNING_LENGTH_MIN || isPublishedSecret(text))) {
    throw new ExpectedFailure(
      `${name}-secret: must have at least ${SIGNING_LENGTH_MIN} characters that nobody can know; make one: openssl rand -base64 48`,
    );
  }
  return text;
}

function kept(folder, name) {
  return read(join(into, folder, name));
}

/** Every user of the containers that mount the folder may read it: they differ from image to image. */
function keep(folder, name, text) {
  mkdirSync(join(into, folder), { recursive: true });
  const path = join(into, folder, name);
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o444 });
  renameSync(`${path}.new`, path);
}

function read(path) {
  if (!existsSync(path)) return undefined;
  return readFileSync(path, "utf8").replace(/[\r\n]+$/, "") || undefined;
}

function made() {
  return randomBytes(36).toString("base64url");
}
