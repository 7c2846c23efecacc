import { isIPv6 } from "node:net";

const GROUPS = 8;
const NETWORK_GROUPS = 4;
/** Of an IPv4 address written as IPv6. */
const MAPPED = "0:0:0:0:0:ffff";

/** Network of one subscriber: an IPv4 address, or the /64 of an IPv6 address; with a port or without, as proxies write it. */
export function networkOf(address = ""): string {
  const plain = withoutPort(address.trim()).replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const groups = groupsOf(plain);
  if (hex(groups.slice(0, -2)) === MAPPED) return dotted(groups.slice(-2));
  return `${hex(groups.slice(0, NETWORK_GROUPS))}::/64`;
}

function withoutPort(address: string): string {
  return address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
}

function groupsOf(address: string): readonly number[] {
  const [head = [], tail = []] = address.split("::").map((part) => (part === "" ? [] : part.split(":").flatMap(read)));
  return [...head, ...Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => 0), ...tail];
}

/** A group, or the two that an IPv4 address at the end stands for. */
function read(group: string): readonly number[] {
  if (!group.includes(".")) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 255]).join(".");
}
