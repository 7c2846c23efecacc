/**
 * CPU of compressing a page of the feed. `tsx --conditions=headline-source services/gateway/bench/compress.ts [PAGES]`
 *
 * The gateway's own middleware before a page of ten articles of the sample with real tokens; a client in a process of its own asks for
 * PAGES pages, one after the other, in alternating order. CPU is that of the serving process with its threads (process.cpuUsage), the
 * median of the rounds.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import express from "express";
import { compress } from "../src/http/compress.js";

interface Asked {
  readonly url: string;
  readonly encoding: string;
  readonly pages: number;
}

interface Figure {
  readonly cpuUs: number;
  readonly bytes: number;
}

const SELF = fileURLToPath(import.meta.url);
const SAMPLE = new URL("../../../sample/articles.jsonl", import.meta.url);
const ENCODINGS = ["identity", "gzip", "br"];
const ARTICLES = 10;
const ROUNDS = 5;
const WARM_PAGES = 300;
const PAGES = Number(process.argv[2] ?? 3_000);

if (process.send === undefined) await compare();
else process.on("message", (asked: Asked) => void askFor(asked).then((bytes) => process.send?.(bytes)));

async function compare(): Promise<void> {
  const page = feedPage();
  const app = express()
    .use(compress())
    .get("/articles", (_req, res) => void res.type("json").send(page));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/articles`;
  const client = fork(SELF, { execArgv: process.execArgv });
  for (const encoding of ENCODINGS) await pagesOf(client, { url, encoding, pages: WARM_PAGES });
  const figures = new Map<string, Figure[]>(ENCODINGS.map((encoding) => [encoding, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const encoding of ENCODINGS)
      figures.get(encoding)?.push(await pagesOf(client, { url, encoding, pages: PAGES }));
  }
  client.disconnect();
  server.close();
  const plain = median(figures.get("identity") ?? []);
  for (const [encoding, found] of figures) {
    const { cpuUs, bytes } = median(found);
    const more = (cpuUs - plain.cpuUs).toFixed(0);
    console.log(`${encoding.padEnd(10)} ${bytes} bytes  ${cpuUs.toFixed(0)} CPU µs/page  (+${more})`);
  }
}

async function pagesOf(client: ChildProcess, asked: Asked): Promise<Figure> {
  const before = process.cpuUsage();
  client.send(asked);
  const [bytes] = (await once(client, "message")) as [number];
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / asked.pages, bytes };
}

/** Bytes of a page's body as it came. */
async function askFor({ url, encoding, pages }: Asked): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let bytes = 0;
  for (let count = 0; count < pages; count += 1) bytes = await onePage(url, encoding, agent);
  agent.destroy();
  return bytes;
}

function onePage(url: string, encoding: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { "accept-encoding": encoding } }, (res) => {
      let bytes = 0;
      res.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      res.once("end", () => resolve(bytes));
    }).once("error", reject);
  });
}

function feedPage(): Buffer {
  const stamp = Date.now();
  const keys = openTrackKeys("a secret of more than thirty-two bytes");
  const signer = new BatchSigner(keys, { userId: -7n, channelId: 0, stamp, expiresAtSeconds: 2e9, bucket: 1 });
  const lines = readFileSync(SAMPLE, "utf8").split("\n").slice(0, ARTICLES);
  const results = lines.map((line, at) => {
    const { title } = JSON.parse(line) as { title: string };
    const article = { article_id: String(1_000 + at), title, aut_id: String(20 + at), aut_name: `user ${at}` };
    const counts = { comment_count: 3 * at, like_count: 7 * at, collect_count: at };
    const shown = { channel_id: "101", pubdate: new Date(stamp - at * 60_000).toISOString(), cover: [] };
    return { ...article, ...shown, ...counts, is_top: false, reason: "hot", trace: signer.article(BigInt(at), 1, at) };
  });
  const head = { page: 1, per_page: ARTICLES, timestamp: stamp, pre_timestamp: stamp - 1, has_more: true };
  const state = { exhausted: false, server_time: stamp, degraded: false, exposure: signer.exposure() };
  return Buffer.from(JSON.stringify({ message: "OK", data: { ...head, ...state, results } }));
}

function median(figures: readonly Figure[]): Figure {
  return [...figures].sort((a, b) => a.cpuUs - b.cpuUs)[figures.length >> 1] as Figure;
}
