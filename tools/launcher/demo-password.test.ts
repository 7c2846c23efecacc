import { expect, test } from "@jest/globals";
import { verify } from "@node-rs/argon2";
import { demo } from "../content/demo.js";
import { openContentWorld } from "../content/open-content-world.js";
import { loadSample } from "../content/sample.js";
import { settleDemoPassword } from "./demo-password.js";

test("where other machines reach them, the demo accounts get a password of their own, which is shown once", async () => {
  await using world = await openContentWorld();
  await loadSample(world.mysqlUrl);
  const lines: string[] = [];
  const settle = (isOpen: boolean) =>
    settleDemoPassword({ mysql: world.mysql, isOpen, onProgress: (line: string) => lines.push(line) });
  const accepts = async (password: string) => {
    const users = await world.mysql.query<{ password_hash: string }>(
      "SELECT password_hash FROM users WHERE password_hash IS NOT NULL",
    );
    return Promise.all(users.map((user) => verify(user.password_hash, password)));
  };
  const { password } = demo();

  expect([await settle(false), lines, await accepts(password)]).toEqual([password, [], [true, true]]);

  expect(await settle(true)).toBeUndefined();
  const [, made = ""] =
    /^other machines reach this: the password of alice and bob is now (\S+) /.exec(lines[0] ?? "") ?? [];
  expect([await accepts(password), await accepts(made)]).toEqual([
    [false, false],
    [true, true],
  ]);

  expect([await settle(true), await settle(false), lines.length]).toEqual([undefined, undefined, 1]);
});
