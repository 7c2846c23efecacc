import { expect, test } from "@jest/globals";
import { networkOf } from "./network-of.js";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:192.0.2.7", "192.0.2.7"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8:0:42:1:2:3:4", "2001:db8:0:42::/64"],
  ["2001:0DB8::42:1:2:3:4", "2001:db8:0:42::/64"],
  ["2001:db8::7", "2001:db8:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["unix:", "unix:"],
  ["", ""],
  [undefined, ""],
])("%s counts as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
