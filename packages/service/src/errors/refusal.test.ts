import { expect, test } from "@jest/globals";
import { asRefusal, Refusal } from "./index.js";

test("the README's example holds: a refusal says what it refuses and why; anything else is a bug", () => {
  const error = new Error("connect ECONNREFUSED");
  const away = new Refusal("UNAVAILABLE", "the database cannot answer right now", {
    cause: error,
    retryAfterSeconds: 1,
  });
  const fields = [{ field: "title", detail: "is missing" }];
  expect(asRefusal(new Refusal("NOT_FOUND", "article 7 does not exist"))).toMatchObject({
    code: "NOT_FOUND",
    message: "article 7 does not exist",
    fields: [],
    retryAfterSeconds: undefined,
  });
  expect(asRefusal(away)).toMatchObject({ code: "UNAVAILABLE", cause: error, retryAfterSeconds: 1 });
  expect(asRefusal(new Refusal("INVALID_ARGUMENT", "title is missing", { fields }))?.fields).toEqual(fields);
  expect(asRefusal(error)).toBeUndefined();
});
