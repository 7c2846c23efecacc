import { expect, test } from "@jest/globals";
import { isShownCover } from "./cover-origins.js";

test.each([
  ["/covers/a.svg", true],
  ["https://news.example/a.png", true],
  ["HTTPS://News.Example:443/a.png", true],
  ["https://img.example/a.png", true],
  ["https://img.example.evil.example/a.png", false],
  ["https://img.example@evil.example/a.png", false],
  ["http://img.example/a.png", false],
  ["https://img.example:8443/a.png", false],
  ["https://[", false],
])("the cover %s is shown: %s", (url, isShown) => {
  expect(isShownCover(url, ["https://img.example"], "https://news.example")).toBe(isShown);
});
