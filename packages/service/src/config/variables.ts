import { isIP } from "node:net";
import { z } from "zod";
import { mysqlAddress, redisAddress, ServerUrlError } from "./server-url.js";

const SECRET_LENGTH_MIN = 32;
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** A whole number between two, both included, in decimal digits. */
export function integer(min: number, max: number) {
  return numberLike(/^\d{1,15}$/, min, max, `must be a whole number from ${min} to ${max}`);
}

/** A number between two, both included, in decimal digits. */
export function decimal(min: number, max: number) {
  return numberLike(/^\d{1,15}(\.\d{1,15})?$/, min, max, `must be a number from ${min} to ${max}`);
}

/** A port to listen on; 0 is any that is free. */
export const port = integer(0, 65_535);

/** An IP address or the name of a host, `[::1]` without its brackets. */
export const host = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, "$1"))
  .refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9_]([\w.-]{0,251}\w)?\.?$/.test(text), {
    error: "must be an IP address or the name of a host",
  });

/** The URL of a Redis, as `openRedis` takes it. */
export const redisUrl = serverUrl(redisAddress);

/** The URL of a MySQL database, as `openMysql` takes it. */
export const mysqlUrl = serverUrl((text) => {
  if (mysqlAddress(text).database === undefined)
    throw new ServerUrlError("names no database, as in mysql://host:3306/headline");
});

/** An http or https URL. */
export const httpUrl = z
  .string()
  .transform((text) => text.trim())
  .refine(isHttpUrl, { error: "must be a URL that begins with http:// or https://" });

/** http and https URLs, separated by commas. */
export const httpUrls = z
  .string()
  .default("")
  .transform((text) => listed(text, ","))
  .refine((urls) => urls.every(isHttpUrl), {
    error: "must be URLs that begin with http:// or https://, separated by commas",
  });

/** Origins as browsers name them, separated by commas: in lower case, without the port that their scheme has anyway. */
export const origins = z
  .string()
  .default("")
  .transform((text) => listed(text, ","))
  .refine((all) => all.every(isOrigin), {
    error: "must be origins such as https://news.example, separated by commas, without a path",
  })
  .transform((all) => [...new Set(all.map((text) => new URL(text).origin))]);

/** A target of grpc-js, such as `dns:///recommendation:50051`, `unix:/run/recommender.sock` or `127.0.0.1:50051`. */
export const grpcTarget = z
  .string()
  .transform((text) => text.trim())
  .refine(isGrpcTarget, { error: "must be host:port, or begin with dns:, ipv4:, ipv6: or unix:" });

/** A signing secret. */
export const secret = z
  .string()
  .min(SECRET_LENGTH_MIN, { error: `must have at least ${SECRET_LENGTH_MIN} characters` });

export const logLevel = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.enum(LOG_LEVELS, { error: `must be ${LOG_LEVELS.join(", ")}` }));

/** The parts of a list, trimmed; empty ones do not count. */
export function listed(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isOrigin(text: string): boolean {
  if (!isHttpUrl(text)) return false;
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  // Names are compared as they are: a pattern would fit no page, and the page's policy would read it differently.
  if (hostname.includes("*")) return false;
  return pathname === "/" && search === "" && hash === "" && username === "" && password === "" && !/[?#]$/.test(text);
}

function numberLike(pattern: RegExp, min: number, max: number, error: string) {
  return z
    .string()
    .transform((text) => text.trim())
    .refine((text) => pattern.test(text) && Number(text) >= min && Number(text) <= max, { error })
    .transform(Number);
}

function serverUrl(addressOf: (text: string) => unknown) {
  return z
    .string()
    .transform((text) => text.trim())
    .superRefine((text, context) => {
      try {
        addressOf(text);
      } catch (error) {
        if (!(error instanceof ServerUrlError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
      }
    });
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//i.test(text);
}

function isGrpcTarget(text: string): boolean {
  if (/^(dns|ipv4|ipv6|unix):[^\s]+$/.test(text)) return true;
  const [, name = "", digits] = /^(\[[\da-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return name !== "" && (digits === undefined || Number(digits) <= 65_535);
}
