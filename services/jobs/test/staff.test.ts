import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { decodeJwt, jwtVerify, SignJWT } from "jose";
import type { RunningJobs } from "../src/open-jobs.js";
import { client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;

beforeAll(async () => {
  world = await openWorld();
  const passwordHash = await hash("a long password");
  await world.mysql.write(
    "INSERT INTO users (name, password_hash, is_staff, created_at) VALUES ('editor', ?, 1, 1), ('reader', ?, 0, 1)",
    [passwordHash, passwordHash],
  );
  jobs = await openJobsOf(world);
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(jobs.url + path, { headers: { accept: "text/html", ...headers }, redirect: "manual" });

const signIn = (fields: Record<string, string>, headers: Record<string, string> = {}, at = jobs) =>
  fetch(`${at.url}/sign-in`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ name: "editor", password: "a long password", ...fields }),
    redirect: "manual",
  });

async function session(): Promise<string> {
  const answer = await signIn({});
  expect(answer.status).toBe(303);
  const [set = ""] = answer.headers.getSetCookie();
  expect(set).toMatch(/HttpOnly; SameSite=Strict/);
  return set.split(";")[0] as string;
}

describe("the pages of the job service", () => {
  test("send whoever is not signed in to the form, and back afterwards", async () => {
    const sent = await get("/executions?state=error");
    expect(sent.status).toBe(303);
    const form = sent.headers.get("location") as string;
    expect(form).toBe(`/sign-in?next=${encodeURIComponent("/executions?state=error")}`);
    expect(await (await get(form)).text()).toContain('name="next" value="/executions?state=error"');
    const signedIn = await signIn({ next: "/executions?state=error" });
    expect(signedIn.headers.get("location")).toBe("/executions?state=error");
  });

  test("let no browser guess what they are, nor say where a reader came from", async () => {
    for (const path of ["/healthz", "/metrics", "/jobs.css", "/sign-in", "/tasks", "/api/jobs", "/nothing"]) {
      const { headers } = await get(path);
      expect([headers.get("x-content-type-options"), headers.get("referrer-policy")]).toEqual([
        "nosniff",
        "same-origin",
      ]);
    }
  });

  test("are for staff alone, and scripts are told so", async () => {
    expect((await signIn({ name: "reader" })).status).toBe(401);
    expect((await signIn({ name: "nobody" })).status).toBe(401);
    expect((await signIn({ password: "wrong" })).status).toBe(401);
    expect((await get("/api/jobs", { accept: "application/json" })).status).toBe(401);
    expect((await get("/", { cookie: "headline_staff=forged.forged.forged" })).status).toBe(303);
  });

  test("show the timetable to staff, until they are staff no more", async () => {
    const cookie = await session();
    const page = await get("/", { cookie });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("correct-statistics");
    const { jobs: listed } = (await (await get("/api/jobs", { cookie, accept: "application/json" })).json()) as {
      jobs: { id: string }[];
    };
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(["heal-orders", "build-static-pages"]));
    expect((await get("/tasks", { cookie })).status).toBe(200);
    await world.mysql.write("UPDATE users SET is_staff = 0 WHERE name = 'editor'");
    expect((await get("/", { cookie })).status).toBe(303);
    await world.mysql.write("UPDATE users SET is_staff = 1 WHERE name = 'editor'");
  });

  test("end a session when the password is another one, and take a name in every form of it", async () => {
    const password_hash = await hash("Amélie est là");
    await world.mysql.write("INSERT INTO users (name, password_hash, is_staff, created_at) VALUES ('Zoé', ?, 1, 1)", [
      password_hash,
    ]);
    const answer = await signIn({ name: "Ｚoe\u0301 ", password: "Ame\u0301lie est la\u0300" });
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] as string;
    expect((await get("/tasks", { cookie })).status).toBe(200);
    await world.mysql.write("UPDATE users SET password_hash = ? WHERE name = 'Zoé'", [await hash("another long one")]);
    expect((await get("/tasks", { cookie })).status).toBe(303);
  });

  test("keep the cookie to TLS where there is TLS, also behind a proxy that is trusted, and no other", async () => {
    const tls = { "x-forwarded-proto": "https" };
    const cookieOf = (given: Response) => given.headers.getSetCookie()[0];
    expect(cookieOf(await signIn({}, tls))).not.toContain("Secure");
    await using proxied = await openJobsOf(world, { trustProxy: 1 });
    expect(cookieOf(await signIn({}, tls, proxied))).toContain("; Secure");
    expect(cookieOf(await signIn({}, {}, proxied))).not.toContain("Secure");
    const out = { method: "POST", headers: tls, redirect: "manual" } as const;
    expect(cookieOf(await fetch(`${proxied.url}/sign-out`, out))).toMatch(/Max-Age=0; Secure/);
  });

  test("have a key of their own: what the secret itself signs is no session", async () => {
    const secret = "one secret for readers and for staff";
    await using keyed = await openJobsOf(world, { secret });
    const [set = ""] = (await signIn({}, {}, keyed)).headers.getSetCookie();
    const session = /^headline_staff=([^;]+)/.exec(set)?.[1] as string;
    const pages = (token: string) =>
      fetch(`${keyed.url}/tasks`, { headers: { cookie: `headline_staff=${token}` }, redirect: "manual" });
    expect((await pages(session)).status).toBe(200);
    const forged = await new SignJWT(decodeJwt(session))
      .setProtectedHeader({ alg: "HS256", typ: "staff+jwt" })
      .sign(new TextEncoder().encode(secret));
    expect((await pages(forged)).status).toBe(303);
    await expect(jwtVerify(session, new TextEncoder().encode(secret))).rejects.toThrow();
  });

  test("go nowhere else after the sign-in, and take no form of another site", async () => {
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example"])
      expect((await signIn({ next })).headers.get("location")).toBe("/");
    expect((await signIn({}, { origin: "https://evil.example" })).status).toBe(403);
    expect((await signIn({}, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  });

  test("take ten wrong passwords for a name, and no more", async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1)
      statuses.push((await signIn({ name: "guessed", password: `guess ${attempt}` })).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect((await signIn({})).status).toBe(303);
  });

  test("count wrong passwords together with other job services and with gateways; a right one begins anew", async () => {
    const other = await openJobsOf(world);
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    const guess = { name: "editor", password: "wrong" };
    try {
      for (let again = 0; again < 2; again += 1) {
        for (let index = 0; index < 4; index += 1) expect((await signIn(guess)).status).toBe(401);
        for (let index = 0; index < 5; index += 1) expect((await signIn(guess, {}, other)).status).toBe(401);
        if (again === 0) expect((await signIn({}, {}, other)).status).toBe(303);
      }
      expect((await client(gateway).post("/authorizations", guess)).status).toBe(401);
      const refused = await signIn({});
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(800);
      expect(await refused.text()).toContain("Too many attempts");
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  test("tell machines whether it is well, and what it did, without a sign-in", async () => {
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    await eventually(
      async () => {
        const metrics = await (await get("/metrics")).text();
        expect(metrics).toMatch(/headline_job_runs_total\{job="build-static-pages",outcome="executed"\} [1-9]/);
        expect(metrics).toContain("headline_correction_wrong");
      },
      { everyMs: 100 },
    );
  });
});
