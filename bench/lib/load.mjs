/**
 * A load of GET requests over keep-alive connections, one request in flight on each, in a process of its own. Raw sockets, so that
 * it costs as little as possible beside what it measures. Counts requests, not seconds: so many to warm up, then "measuring", so
 * many more, then one line of JSON.
 *
 * Arguments: one JSON object {port, connections, warmup, requests, path, callers, ratePerSecond?}.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const { port, connections, warmup, requests, path, callers, ratePerSecond } = JSON.parse(process.argv[2]);
const latencies = new Float64Array(requests);
const authorizationOf = authorizations(callers);
let begun = 0;
let answered = 0;
let failed = 0;
let degraded = 0;
let bytes = 0;
let startedMeasuringAt = 0;
/** With a rate, requests start when they are due, and waiting for a connection counts as latency. */
const intervalMs = ratePerSecond ? (1_000 * connections) / ratePerSecond : 0;
const sockets = [];
if (warmup === 0) startMeasuring();
for (let index = 0; index < connections; index += 1) sockets.push(open(index));

/** Guests by number, or the Authorization headers of a file, a line each; from a place on, and again from there after `count`. */
function authorizations({ file, from, count }) {
  if (file === undefined) return (turn) => `Anony ${from + (turn % count)}`;
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .slice(from, from + count);
  return (turn) => lines[turn % lines.length];
}

function nextRequest() {
  const target = path.replace("{now}", String(Date.now()));
  const request = `GET ${target} HTTP/1.1\r\nHost: bench\r\nAuthorization: ${authorizationOf(begun)}\r\n\r\n`;
  begun += 1;
  return request;
}

function open(index) {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let startedAt = 0;
  let dueAt = performance.now() + (intervalMs * index) / connections;
  let left = 0;
  let ok = false;
  let isDegraded = false;

  const send = () => {
    if (begun >= warmup + requests) return;
    const now = performance.now();
    if (intervalMs > 0) {
      if (dueAt > now) return void setTimeout(send, dueAt - now);
      startedAt = dueAt;
      dueAt += intervalMs;
    } else startedAt = now;
    socket.write(nextRequest());
  };
  socket.on("connect", send);
  socket.on("data", (chunk) => {
    if (left === 0) {
      const end = chunk.indexOf("\r\n\r\n");
      if (end < 0) throw new Error("headers came in pieces");
      const head = chunk.latin1Slice(0, end);
      left = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      ok = head.startsWith("HTTP/1.1 200");
      isDegraded = chunk.subarray(end, end + 500).includes('"degraded":true');
    }
    left -= chunk.length;
    bytes += chunk.length;
    if (left > 0) return;
    note(performance.now() - startedAt, { ok, isDegraded });
    send();
  });
  socket.on("error", (error) => {
    throw error;
  });
  return socket;
}

function note(latencyMs, { ok, isDegraded }) {
  const place = answered - warmup;
  answered += 1;
  if (answered === warmup) return startMeasuring();
  if (place < 0) return;
  latencies[place] = latencyMs;
  if (!ok) failed += 1;
  if (isDegraded) degraded += 1;
  if (answered === warmup + requests) finish();
}

function startMeasuring() {
  startedMeasuringAt = performance.now();
  bytes = 0;
  process.stdout.write("measuring\n");
}

function finish() {
  const tookSeconds = (performance.now() - startedMeasuringAt) / 1_000;
  const sorted = latencies.sort();
  const at = (share) => sorted[Math.min(requests - 1, Math.floor(requests * share))];
  const result = {
    requests,
    perSecond: requests / tookSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed,
    degraded,
    bytesPerResponse: Math.round(bytes / requests),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const socket of sockets) socket.destroy();
}
