import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { type Answer, bearer, client, openWorld, type World } from "./open-world.js";
import { connected } from "./push-client.js";

const PASSWORD = "a long password";

let world: World;
let gateway: { url: string };
let other: { url: string };

beforeAll(async () => {
  world = await openWorld();
  await oldUser("Zoe\u0301"); // as it was typed, before names were kept in one form
  await oldUser("Mallory");
  await oldUser("Маllоrу"); // looks the same
  gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
  other = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const oldUser = async (name: string) =>
  world.mysql.write("INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, 1)", [
    name,
    await hash(PASSWORD),
  ]);
const signUp = (name: string, password = PASSWORD, headers = {}) =>
  client(gateway).post("/users", { name, password }, headers);
const signIn = (name: string, password = PASSWORD) => client(gateway).post("/authorizations", { name, password });
const renew = (refreshToken: string) => client(gateway, `Bearer ${refreshToken}`).send("PUT", "/authorizations");
const signOut = (token: string, query = "") =>
  client(gateway, `Bearer ${token}`).send("DELETE", `/authorizations${query}`);
const me = (token: string, at = gateway) => client(at, `Bearer ${token}`).get("/users/me");
const changePassword = (token: string, current_password: string, new_password: string) =>
  client(gateway, `Bearer ${token}`).send("PUT", "/users/me/password", { body: { current_password, new_password } });

async function tokens(answer: Promise<Answer>): Promise<{ token: string; refresh_token: string; user_id: string }> {
  const { status, body } = await answer;
  expect(status).toBe(201);
  return body.data;
}

describe("a name", () => {
  test("cannot be taken by what looks like it, also of users of before", async () => {
    const { user_id } = (await signUp(" Ｏｌｇａ\u3000 K ")).body.data;
    expect((await client(gateway).get(`/users/${user_id}`)).body.data.name).toBe("Olga K");
    for (const name of ["Olga K", "OIga K", "Оlgа K", "olga  k", "0lga K", "Zoé", "ZOE\u0301", "Mallory", "МALLORY"])
      expect(await signUp(name, "of another person")).toMatchObject({
        status: 409,
        body: { errors: [{ field: "name" }] },
      });
    for (const name of ["Olga\u200bK", "\u3164", "user  5"])
      expect(await signUp(name)).toMatchObject({ status: 400, body: { errors: [{ field: "name" }] } });
  });

  test("is found in every form of it when its user signs in, and by no other", async () => {
    const { user_id } = await tokens(signUp("Noël Ｗ"));
    for (const name of ["Noël W", "Noe\u0308l W", " Ｎoël\u00a0 W "])
      expect((await signIn(name)).body.data).toMatchObject({ user_id, name: "Noël W" });
    expect((await signIn("Nоël W")).status).toBe(401);
    expect((await signIn("noël w")).status).toBe(401);
    for (const name of ["Zoe\u0301", "Zoé"]) expect((await signIn(name)).status).toBe(201);
    const twins = [(await signIn("Mallory")).body.data, (await signIn("Маllоrу")).body.data];
    expect(new Set(twins.map((twin) => twin.user_id)).size).toBe(2);
  });

  test("goes to one of several who want names alike at once", async () => {
    const names = ["Quentin", "quentin", "Ｑuentin", "Quеntin", "QUENTIN"];
    const answers = await Promise.all(names.map((name, at) => signUp(name, `${PASSWORD} ${at}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });
});

describe("a password", () => {
  test("is the same composed or not; common ones, and the name, are refused", async () => {
    await tokens(signUp("amelie", "Amélie est là"));
    expect((await signIn("amelie", "Ame\u0301lie est la\u0300")).status).toBe(201);
    for (const password of ["password", "Password1", "12345678", "ｑｗｅｒｔｙｕｉ", "Paulina Q"])
      expect(await signUp("paulina q", password)).toMatchObject({
        status: 400,
        body: { errors: [{ field: "password" }] },
      });
  });

  test("changed ends every other sign-in, not this one, and the change can be asked for again", async () => {
    const here = await tokens(signUp("pat"));
    const there = await tokens(signIn("pat"));
    expect((await changePassword(here.token, "not the password", "another long one")).status).toBe(403);
    expect((await changePassword(here.token, PASSWORD, "password")).status).toBe(400);
    expect((await me(there.token)).status).toBe(200);
    expect(await changePassword(here.token, PASSWORD, "another long one")).toMatchObject({
      status: 200,
      body: { data: { user_id: here.user_id, ended: 1 } },
    });
    expect((await changePassword(here.token, PASSWORD, "another long one")).status).toBe(200);
    expect((await me(there.token)).status).toBe(401);
    expect((await renew(there.refresh_token)).status).toBe(401);
    expect((await me(here.token)).status).toBe(200);
    expect((await renew(here.refresh_token)).status).toBe(201);
    expect((await signIn("pat")).status).toBe(401);
    expect((await signIn("pat", "another long one")).status).toBe(201);
  });
});

describe("signing up again", () => {
  test("with the same name and password is the same sign-up, one user, with a key or without", async () => {
    const key = { "idempotency-key": "sign-up-1" };
    const answers = await Promise.all(Array.from({ length: 4 }, () => signUp("retry", PASSWORD, key)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const again = await signUp(" ｒetry", PASSWORD);
    const ids = [...answers, again].map(({ body }) => body.data.user_id);
    expect(new Set(ids).size).toBe(1);
    expect((await me(again.body.data.token)).body.data).toMatchObject({ user_id: ids[0], name: "retry" });
  });

  test("with another password, or after a day, is 409", async () => {
    await tokens(signUp("late"));
    expect((await signUp("late", "of another person")).status).toBe(409);
    await world.mysql.write("UPDATE users SET created_at = created_at - 86500000 WHERE name = 'late'");
    expect((await signUp("late")).status).toBe(409);
  });
});

describe("a refresh token", () => {
  test("is another one after each renewal; asked again, as after a lost answer, it is the same renewal", async () => {
    const first = await tokens(signUp("rita"));
    const second = await tokens(renew(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const retried = await Promise.all([renew(first.refresh_token), renew(first.refresh_token)]);
    const third = await tokens(renew((retried[1] as Answer).body.data.refresh_token));
    expect((await me(third.token)).status).toBe(200);
    expect((await renew(third.refresh_token)).status).toBe(201);
  });

  test("used again after the next one was ends the sign-in, for whoever has it", async () => {
    const first = await tokens(signUp("stolen"));
    const second = await tokens(renew(first.refresh_token));
    const third = await tokens(renew(second.refresh_token));
    const elsewhere = await tokens(signIn("stolen"));
    expect((await renew(first.refresh_token)).status).toBe(401);
    expect((await renew(third.refresh_token)).status).toBe(401);
    expect((await me(third.token)).status).toBe(401);
    expect((await renew(elsewhere.refresh_token)).status).toBe(201);
  });

  test("used again a minute later ends the sign-in", async () => {
    const first = await tokens(signUp("slow"));
    const second = await tokens(renew(first.refresh_token));
    await world.mysql.write("UPDATE sign_ins SET renewed_at = renewed_at - 61000 WHERE user_id = ?", [first.user_id]);
    expect((await renew(first.refresh_token)).status).toBe(401);
    expect((await renew(second.refresh_token)).status).toBe(401);
  });

  test("of no sign-in does not count", async () => {
    const old = (await bearer(1n, {}, { typ: "rt+jwt" })).replace("Bearer ", "");
    expect((await renew(old)).status).toBe(401);
    const invented = await bearer(1n, { sid: "12345", generation: 0 }, { typ: "rt+jwt" });
    expect((await renew(invented.replace("Bearer ", ""))).status).toBe(401);
  });
});

describe("signing out", () => {
  test("ends this sign-in on every gateway, and no other; again is the same", async () => {
    const here = await tokens(signUp("sam"));
    const there = await tokens(signIn("sam"));
    using socket = await connected(other, { token: here.token });
    expect((await me(here.token, other)).status).toBe(200);
    expect(await signOut(here.token)).toMatchObject({ status: 200, body: { data: { ended: 1 } } });
    expect((await me(here.token)).status).toBe(401);
    expect((await renew(here.refresh_token)).status).toBe(401);
    await eventually(async () => expect((await me(here.token, other)).status).toBe(401));
    await socket.hears("expired");
    expect(await signOut(here.refresh_token)).toMatchObject({ status: 200, body: { data: { ended: 0 } } });
    expect((await me(there.token)).status).toBe(200);
    const later = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    await eventually(async () => expect((await me(here.token, later)).status).toBe(401));
  });

  test("everywhere ends all, and needs a sign-in that goes on", async () => {
    const one = await tokens(signUp("tess"));
    const two = await tokens(signIn("tess"));
    const three = await tokens(signIn("tess"));
    await signOut(three.token);
    expect((await signOut(three.refresh_token, "?everywhere=1")).status).toBe(401);
    expect(await signOut(one.refresh_token, "?everywhere=1")).toMatchObject({
      status: 200,
      body: { data: { ended: 2 } },
    });
    for (const { token, refresh_token } of [one, two]) {
      expect((await me(token)).status).toBe(401);
      expect((await renew(refresh_token)).status).toBe(401);
    }
    expect(await signOut(one.refresh_token, "?everywhere=1")).toMatchObject({
      status: 200,
      body: { data: { ended: 0 } },
    });
    expect((await signIn("tess")).status).toBe(201);
    expect((await signOut(one.refresh_token, "?everywhere=1")).status).toBe(401);
  });

  test("needs a token, and knows its query", async () => {
    expect((await client(gateway).send("DELETE", "/authorizations")).status).toBe(401);
    const { token } = await tokens(signUp("uma"));
    expect((await signOut(token, "?everywhere=yes")).status).toBe(400);
    expect((await me(token)).status).toBe(200);
  });
});
