import { canonicalName } from "@headline/newsroom/users";
import type { SignInLimit } from "@headline/redis/limits";
import { asRefusal } from "@headline/service/errors";
import { html } from "@headline/service/html";
import express, { type Request, type RequestHandler, type Response } from "express";
import { document } from "../http/document.js";
import type { StaffSessions } from "./staff-sessions.js";

const PASSWORD_MAX = 200;

interface SignIn {
  readonly form: RequestHandler;
  readonly submit: readonly RequestHandler[];
  readonly out: RequestHandler;
  /** Lets staff through and redirects others to the form; a script gets 401. */
  readonly required: RequestHandler;
}

/** The form for staff, and what stands before everything that is theirs. */
export function createSignIn(sessions: StaffSessions, limit: SignInLimit): SignIn {
  return {
    form: (req, res) => sendForm(res, 200, { next: localPath(req.query["next"]) }),
    submit: [
      express.urlencoded({ extended: false, limit: "4kb" }),
      async (req, res) => {
        const { name, password, next } = fields(req);
        if (!isOwnForm(req)) return sendForm(res, 403, { next, name, problem: "The form came from another site." });
        try {
          const staff = await limit({ name: canonicalName(name), address: req.ip }, () =>
            sessions.check(name, password),
          );
          if (staff === undefined)
            return sendForm(res, 401, { next, name, problem: "That is no name and password of staff." });
          await sessions.begin(req, res, staff);
          res.redirect(303, next);
        } catch (error) {
          const refusal = asRefusal(error);
          if (refusal?.code !== "RESOURCE_EXHAUSTED") throw error;
          res.setHeader("Retry-After", String(Math.max(1, Math.ceil(refusal.retryAfterSeconds ?? 1))));
          sendForm(res, 429, { next, name, problem: "Too many attempts. Try again in a while." });
        }
      },
    ],
    out: (req, res) => {
      if (isOwnForm(req)) sessions.end(req, res);
      res.redirect(303, "/sign-in");
    },
    required: async (req, res, next) => {
      const staff = await sessions.of(req);
      if (staff !== undefined) {
        res.locals["staff"] = staff;
        next();
      } else if (req.method === "GET" && req.accepts(["html", "json"]) === "html" && !req.path.includes("/api/")) {
        res.redirect(303, `/sign-in?next=${encodeURIComponent(req.originalUrl)}`);
      } else {
        res.status(401).json({ code: "UNAUTHENTICATED", message: "sign in first" });
      }
    },
  };
}

function fields(req: Request) {
  const { name, password, next } = (req.body ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value.slice(0, PASSWORD_MAX) : "");
  return { name: text(name).trim(), password: text(password), next: localPath(next) };
}

/** Where to go afterwards: on this site, whatever a link says. */
function localPath(next: unknown): string {
  return typeof next === "string" && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.startsWith("/sign-") ? next : "/";
}

/** Browsers say where a form comes from. */
function isOwnForm(req: Request): boolean {
  const site = req.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = req.headers;
  return origin === undefined || origin.replace(/^https?:\/\//, "") === host;
}

interface Form {
  readonly next: string;
  readonly name?: string;
  readonly problem?: string;
}

function sendForm(res: Response, status: number, { next, name = "", problem }: Form): void {
  const body = html`<main class="sign-in"><h1>Headline jobs</h1>
${problem === undefined ? "" : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
<label>Name<input name="name" dir="auto" value="${name}" required maxlength="32" autocomplete="username" autocapitalize="none" autofocus></label>
<label>Password<input name="password" type="password" required maxlength="${PASSWORD_MAX}" autocomplete="current-password"></label>
<button type="submit">Sign in</button>
</form></main>`;
  document(res, status, "Sign in", body);
}
