import { randomBytes } from "node:crypto";
import type { Mysql } from "@headline/mysql";
import { hash, verify } from "@node-rs/argon2";
import type { Request, Response } from "express";
import { jwtVerify, SignJWT } from "jose";

/** Somebody who may see and change jobs. */
export interface Staff {
  readonly name: string;
}

interface Parts {
  readonly mysql: Mysql;
  /** Signs sessions; replicas behind one address share it. By default each start makes its own. */
  readonly secret: string | undefined;
}

const COOKIE = "headline_staff";
const SESSION_SECONDS = 8 * 60 * 60;
const TYPE = "staff+jwt";
const ISSUER = "headline";
const SECRET_BYTES = 32;

/** Sign-ins of staff: users whose row says `is_staff`, by their password, in a signed cookie that no other site can send. */
export class StaffSessions {
  readonly #mysql: Mysql;
  readonly #key: Uint8Array;
  /** Compared where there is no such user, so that the time of an answer does not tell which names exist. */
  readonly #nobody = hash(randomBytes(16));

  constructor({ mysql, secret }: Parts) {
    this.#mysql = mysql;
    this.#key = secret === undefined ? randomBytes(SECRET_BYTES) : Buffer.from(secret);
  }

  /** Who that is, if they are staff and the password is theirs. */
  async check(name: string, password: string): Promise<Staff | undefined> {
    const [user] = await this.#mysql.query<{ name: string; password_hash: string | null; is_staff: number }>(
      "SELECT name, password_hash, is_staff FROM users WHERE name = ?",
      [name],
    );
    const isTheirs = await verify(user?.password_hash ?? (await this.#nobody), password);
    return isTheirs && user?.password_hash && user.is_staff === 1 ? { name: user.name } : undefined;
  }

  async begin(res: Response, { name }: Staff): Promise<void> {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(name)
      .setExpirationTime(`${SESSION_SECONDS}s`)
      .sign(this.#key);
    res.setHeader("Set-Cookie", cookie(token, SESSION_SECONDS));
  }

  end(res: Response): void {
    res.setHeader("Set-Cookie", cookie("", 0));
  }

  /** Who sent the request. A session ends when its time is over or the user is staff no more. */
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
      return await this.#stillStaff(payload.sub as string);
    } catch {
      return undefined; // whoever has no valid session signs in
    }
  }

  async #stillStaff(name: string): Promise<Staff | undefined> {
    const rows = await this.#mysql.query("SELECT 1 AS found FROM users WHERE name = ? AND is_staff = 1", [name]);
    return rows.length > 0 ? { name } : undefined;
  }
}

/** Scripts cannot read it, and browsers send it to pages of this site only. */
function cookie(value: string, maxAgeSeconds: number): string {
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
}
