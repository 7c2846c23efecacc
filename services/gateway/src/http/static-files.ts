import { stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import express, { type RequestHandler, type Response } from "express";
import { imageSources } from "./image-sources.js";
import { answerOtherMethod } from "./methods.js";

/**
 * A file with a hash in its name never changes. Pictures may be kept for an hour; pages are asked for again, so that no browser mixes
 * two versions of them.
 */
const KEEP = "public, max-age=31536000, immutable";
const KEEP_PICTURES = "public, max-age=3600";
const ASK_AGAIN = "no-cache";
const HASHED = /[\\/]assets[\\/][\w.-]+-[\w-]{8}\.\w+(\.br|\.gz)?$/;
const PICTURE = /\.(svg|png|jpe?g|webp|avif|gif|ico)$/i;

/** Permits nothing of other sites but covers of those named, no inline script or style, and no frame. */
function contentSecurityPolicy(coverOrigins: readonly string[]): string {
  return `default-src 'self'; ${imageSources(coverOrigins)}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
}

/** Encodings that the build wrote beside the file, the smallest first. */
const ENCODINGS = [
  { name: "br", suffix: ".br" },
  { name: "gzip", suffix: ".gz" },
] as const;
const COMPRESSIBLE = /^\/assets\/[\w.-]+\.(js|css)$/;
const COMPRESSED = /\.(js|css)\.(br|gz)$/;

/** The files of a folder, as they are, or as the build compressed them. */
export function staticFiles(folder: string, coverOrigins: readonly string[]): RequestHandler {
  const policy = contentSecurityPolicy(coverOrigins);
  const serve = express.static(folder, {
    index: "index.html",
    cacheControl: false,
    setHeaders: (res, path) => setHeaders(res, path, policy),
  });
  return async (req, res, next) => {
    if (req.method !== "GET" && req.method !== "HEAD")
      return (await hasFile(folder, req.path)) ? answerOtherMethod(req.method, res, ["GET"]) : next();
    if (!COMPRESSIBLE.test(req.path)) return serve(req, res, next);
    res.vary("Accept-Encoding");
    const encoding = ENCODINGS.find(({ name }) => req.acceptsEncodings(name) === name);
    if (encoding === undefined) return serve(req, res, next);
    const { url } = req;
    req.url = `${req.path}${encoding.suffix}`;
    return serve(req, res, (error) => {
      req.url = url;
      if (error) next(error);
      else serve(req, res, next);
    });
  };
}

const INVISIBLE = /(^|[\\/])\.|\0/;

/** Whether GET of the path is answered from the folder. */
async function hasFile(folder: string, path: string): Promise<boolean> {
  const name = normalize(decodeURIComponent(path));
  if (INVISIBLE.test(name)) return false;
  const file = join(folder, name.endsWith("/") ? join(name, "index.html") : name);
  return stat(file).then(
    (found) => found.isFile(),
    () => false, // whatever hides it from us hides it from GET
  );
}

function setHeaders(res: Response, path: string, policy: string): void {
  const compressed = COMPRESSED.exec(path);
  if (compressed !== null) {
    res.setHeader("Content-Type", `text/${compressed[1] === "js" ? "javascript" : "css"}; charset=utf-8`);
    res.setHeader("Content-Encoding", compressed[2] === "br" ? "br" : "gzip");
  }
  res.setHeader("Cache-Control", HASHED.test(path) ? KEEP : PICTURE.test(path) ? KEEP_PICTURES : ASK_AGAIN);
  res.setHeader("Content-Security-Policy", policy);
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("Referrer-Policy", "same-origin");
}
