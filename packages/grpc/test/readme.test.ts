import { Refusal } from "@headline/service/errors";
import { expect, test } from "@jest/globals";
import { connectEcho, openEcho } from "./echo.js";

test("the README's example holds: a service of any stubs, called over a channel with its client, drained at the end", async () => {
  await using server = await openEcho(async ({ text }) => {
    if (text === "") throw new Refusal("INVALID_ARGUMENT", "text is empty");
    return { text };
  });
  await using channel = connectEcho(server.address);
  expect((await channel.echo("Ada")).response).toEqual({ text: "Ada" });
  await expect(channel.echo("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: "text is empty" });
  expect(await channel.check("test.Echo")).toBe(true);
  expect(server.bugs).toEqual([]);
});
