import { expect, test } from "@jest/globals";
import { createGuestNetwork } from "./guest-network.js";

const networkOf = createGuestNetwork("a secret of more than thirty-two bytes");

test.each([
  ["192.0.2.7", "192.0.2.200"],
  ["::ffff:192.0.2.7", "192.0.2.8"],
  ["2001:db8:1:1::7", "2001:db8:1:ffff::9"],
])("%s and %s are of one network", (one, other) => {
  expect(networkOf(one)).toBe(networkOf(other));
});

test.each([
  ["192.0.2.7", "192.0.3.7"],
  ["2001:db8:1::7", "2001:db8:2::7"],
  ["192.0.2.7", undefined],
])("%s and %s are not", (one, other) => {
  expect(networkOf(one)).not.toBe(networkOf(other));
});

test("the number says nothing of the address without the secret, and is exact in JSON", () => {
  expect(networkOf("192.0.2.7")).not.toBe(createGuestNetwork("another secret of thirty-two bytes!")("192.0.2.7"));
  expect(networkOf("192.0.2.7")).toBeLessThan(2 ** 48);
});
