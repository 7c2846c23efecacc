import { isIP } from "node:net";
import { z } from "zod";
import { mysqlAddress, redisAddress, ServerUrlError } from "./server-url.js";

const SECRET_LENGTH_MIN = 32;
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const HOST_NAME = /^[A-Za-z0-9_]([\w.-]{0,251}\w)?\.?$/;

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
  .refine((text) => isIP(text) !== 0 || HOST_NAME.test(text), {
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

const GRPC_FORMS = "must be host:port, or begin with dns:, ipv4:, ipv6: or unix:";

/** A target of grpc-js to connect to: `dns:///recommendation:50051`, `unix:/run/recommender.sock`, `ipv4:10.0.0.1:50051,10.0.0.2:50051`. */
export const grpcTarget = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => isGrpcTarget(text, 1), { error: `${GRPC_FORMS}, with a port from 1 to 65535` });

/** An address of grpc-js to listen on: `0.0.0.0:50051` or `unix:/run/recommender.sock`; port 0 is any that is free. */
export const grpcAddress = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => isGrpcTarget(text, 0) && !text.includes(","), {
    error: `${GRPC_FORMS}, with a port from 0 to 65535`,
  });

/** A signing secret. */
export const secret = z
  .string()
  .min(SECRET_LENGTH_MIN, { error: `must have at least ${SECRET_LENGTH_MIN} characters` });

/** Variable that holds a level of the log. */
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
  return URL.canParse(text) && /^https?:\/\//i.test(text) && new URL(text).port !== "0";
}

/** Names as https://github.com/grpc/grpc/blob/master/doc/naming.md has them. */
function isGrpcTarget(text: string, portMin: number): boolean {
  const [, scheme = "dns", rest = ""] = /^(?:(dns|ipv4|ipv6|unix):)?(.*)$/.exec(text) ?? [];
  if (scheme === "unix") return /^(?:\/\/(?=\/))?(?!\/*$|\/\/)\S+$/.test(rest);
  const isHost = (name: string) =>
    scheme === "dns" ? isIP(name) !== 0 || HOST_NAME.test(name) : isIP(name) === (scheme === "ipv4" ? 4 : 6);
  const addresses = scheme === "dns" ? [rest.replace(/^\/\/[^\s/]*\//, "")] : rest.split(",");
  return addresses.every((address) => {
    const [, bracketed, plain, digits] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*))(?::(\d{1,5}))?$/.exec(address) ?? [];
    const isPort = digits === undefined || (Number(digits) >= portMin && Number(digits) <= 65_535);
    return isPort && (bracketed === undefined ? isHost(plain ?? "") : isIP(bracketed) === 6 && scheme !== "ipv4");
  });
}
