import { expect, test } from "@jest/globals";
import { reachableUrl } from "./index.js";

test.each([
  ["0.0.0.0", "http://127.0.0.1:3000"],
  ["::", "http://[::1]:3000"],
  ["::1", "http://[::1]:3000"],
  ["localhost", "http://localhost:3000"],
])("a server that listens on %s is reached at %s", (host, url) => {
  expect(reachableUrl(host, 3_000)).toBe(url);
});
