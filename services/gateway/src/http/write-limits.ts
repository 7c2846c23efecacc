import type { Redis } from "@headline/redis";
import { createWriteLimit, type WriteLimit, type WriteRate } from "@headline/redis/limits";
import { z } from "zod";

export const WRITES = ["events", "articles", "comments", "sockets"] as const;
export type Write = (typeof WRITES)[number];

/** Uploads of events, articles and edits, comments, and sockets that open. */
export type WriteRates = Readonly<Record<Write, WriteRate>>;
export type WriteLimits = Readonly<Record<Write, WriteLimit>>;

/** A minute; a network is many readers at home, in an office or behind a carrier. */
export const WRITE_RATES: WriteRates = {
  events: { reader: 60, network: 600 },
  articles: { reader: 10, network: 60 },
  comments: { reader: 20, network: 200 },
  sockets: { reader: 30, network: 600 },
};

const RATE = /^(\w+)=([1-9]\d{0,8})\/([1-9]\d{0,8})$/;
const FORM = `must be "off", or such as articles=10/60,comments=20/200: of ${WRITES.join(", ")}, a reader's and a network's a minute`;

/** `off`, or the rates that differ from WRITE_RATES: `articles=10/60,events=60/600`. */
export const writeRates = z.string().transform((text, context): WriteRates | "off" => {
  if (text.trim() === "off") return "off";
  const given = text.split(",").map((part) => RATE.exec(part.trim()));
  if (given.some((match) => match === null || !WRITES.includes(match[1] as Write))) {
    context.addIssue({ code: "custom", message: FORM });
    return z.NEVER;
  }
  const rates = given.map((match) => [match?.[1], { reader: Number(match?.[2]), network: Number(match?.[3]) }]);
  return { ...WRITE_RATES, ...Object.fromEntries(rates) };
});

const UNLIMITED: WriteLimit = () => Promise.resolve();

/** Limits counted by all gateways together. */
export function createWriteLimits(redis: Redis, rates: WriteRates | "off"): WriteLimits {
  const limitOf = (name: Write) => (rates === "off" ? UNLIMITED : createWriteLimit(redis, { name, rate: rates[name] }));
  const limits = WRITES.map((name) => [name, limitOf(name)]);
  return Object.fromEntries(limits) as WriteLimits;
}
