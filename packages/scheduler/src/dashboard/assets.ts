import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import { icon, script, stylesheet } from "./gen/assets.js";
import { NotFoundProblem } from "./http/problem.js";

const FILES = new Map([
  ["dashboard.js", { type: "text/javascript; charset=utf-8", text: script }],
  ["dashboard.css", { type: "text/css; charset=utf-8", text: stylesheet }],
  ["icon.svg", { type: "image/svg+xml", text: icon }],
]);

/** Hash of all assets, part of their addresses, so that browsers may cache them for ever. */
export const ASSET_VERSION = createHash("sha256")
  .update(script)
  .update(stylesheet)
  .update(icon)
  .digest("hex")
  .slice(0, 12);

/** Serves the script, the stylesheet and the icon, without asking who the visitor is. */
export const serveAsset: RequestHandler = (req, res) => {
  const name = String(req.params["file"]);
  const file = FILES.get(name);
  if (file === undefined) throw new NotFoundProblem(`there is no ${name}`);
  const cacheControl = req.query["v"] === ASSET_VERSION ? "public, max-age=31536000, immutable" : "no-cache";
  res.set("Cache-Control", cacheControl).type(file.type).send(file.text);
};
