import { createHmac } from "node:crypto";
import { networkOf } from "@headline/redis/limits";

/** Bytes of the hash that stand in the event log. */
const BYTES = 6;

/**
 * A guest's network as a number: a keyed hash of the /24 of an IPv4 address or the /48 of an IPv6 address, wider than what
 * limits count by, for weighing less costs a reader nothing.
 */
export function createGuestNetwork(secret: string): (address: string | undefined) => number {
  return (address) => {
    const hash = createHmac("sha256", secret)
      .update(`guest network ${widerThan(networkOf(address))}`)
      .digest();
    return hash.readUIntBE(0, BYTES);
  };
}

function widerThan(network: string): string {
  return network.includes(":") ? network.split(":").slice(0, 3).join(":") : network.replace(/\.\d+$/, "");
}
