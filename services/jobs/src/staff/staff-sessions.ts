import { createHash, randomBytes } from "node:crypto";
import type { Mysql } from "@headline/mysql";
import { canonicalName, hashPassword, verifyPassword } from "@headline/newsroom/users";
import type { Request, Response } from "express";
import { jwtVerify, SignJWT } from "jose";
import { derivedKey } from "./derived-key.js";

/** A user who may see and change jobs. */
export interface Staff {
  readonly name: string;
}

interface Deps {
  readonly mysql: Mysql;
  /** Secret from which the key of sessions is derived; replicas behind one address share it. By default each start makes its own. */
  readonly secret: string | undefined;
}

const COOKIE = "headline_staff";
const SESSION_SECONDS = 8 * 60 * 60;
const TYPE = "staff+jwt";
const ISSUER = "headline";
const SECRET_BYTES = 32;

interface UserRow {
  readonly name: string;
  readonly password_hash: string | null;
  readonly is_staff: number;
}

/** Sign-ins of staff: users whose row says `is_staff`, by their password, in a signed cookie that no other site can send. */
export class StaffSessions {
  readonly #mysql: Mysql;
  readonly #key: Uint8Array;
  /** Compared where there is no such user, so that the time of an answer does not reveal which names exist. */
  readonly #unknownUser = hashPassword(randomBytes(16).toString("hex"));

  constructor({ mysql, secret }: Deps) {
    this.#mysql = mysql;
    this.#key = secret === undefined ? randomBytes(SECRET_BYTES) : derivedKey(secret, "headline staff sessions");
  }

  /** The staff member of that name and password, or undefined. */
  async check(name: string, password: string): Promise<Staff | undefined> {
    const user = (await this.#find(name)) ?? (await this.#find(canonicalName(name)));
    const isTheirs = await verifyPassword(user?.password_hash ?? (await this.#unknownUser), password);
    return isTheirs && user?.password_hash && user.is_staff === 1 ? { name: user.name } : undefined;
  }

  /** Begins a session, in a cookie that browsers send over TLS alone where they came by it. */
  async begin(req: Request, res: Response, { name }: Staff): Promise<void> {
    const user = await this.#find(name);
    const token = await new SignJWT({ pwd: fingerprint(user) })
      .setProtectedHeader({ alg: "HS256", typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(name)
      .setExpirationTime(`${SESSION_SECONDS}s`)
      .sign(this.#key);
    res.setHeader("Set-Cookie", cookie(req, token, SESSION_SECONDS));
  }

  end(req: Request, res: Response): void {
    res.setHeader("Set-Cookie", cookie(req, "", 0));
  }

  /** The sender of a request. A session ends with its time, with another password, and when the user is staff no more. */
  async of(req: Request): Promise<Staff | undefined> {
    const token = new RegExp(`(?:^|; *)${COOKIE}=([\\w.-]+)`).exec(req.headers.cookie ?? "")?.[1];
    if (token === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        typ: TYPE,
        issuer: ISSUER,
        audience: ISSUER,
        requiredClaims: ["sub", "exp"],
      });
      return await this.#stillStaff(payload.sub as string, payload["pwd"]);
    } catch {
      return undefined; // an invalid session means signing in
    }
  }

  async #stillStaff(name: string, password: unknown): Promise<Staff | undefined> {
    const user = await this.#find(name);
    return user?.is_staff === 1 && fingerprint(user) === password ? { name } : undefined;
  }

  async #find(name: string): Promise<UserRow | undefined> {
    const [user] = await this.#mysql.query<UserRow>("SELECT name, password_hash, is_staff FROM users WHERE name = ?", [
      name,
    ]);
    return user;
  }
}

/** Another one when the password is. */
function fingerprint(user: UserRow | undefined): string {
  return createHash("sha256")
    .update(user?.password_hash ?? "")
    .digest("base64url");
}

/** Scripts cannot read it, and browsers send it to pages of this site only, over TLS alone where there is TLS. */
function cookie(req: Request, value: string, maxAgeSeconds: number): string {
  const secure = req.secure ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}
