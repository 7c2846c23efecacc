/**
 * A load of GET requests over keep-alive connections, one request in flight on each, in a process of its own. Raw sockets, so that
 * it costs as little as possible beside what it measures. Prints one JSON line.
 *
 * Arguments: one JSON object {port, connections, seconds, warmupSeconds, readers, path, ratePerSecond?}.
 */
import { connect } from "node:net";

const { port, connections, seconds, warmupSeconds, readers, path, ratePerSecond } = JSON.parse(process.argv[2]);
const latencies = new Float64Array(4_000_000);
let measured = 0;
let failed = 0;
let degraded = 0;
let bytes = 0;
let reader = 0;
let measuring = false;
let stopped = false;

function request() {
  reader = (reader % readers) + 1;
  const target = path.replace("{now}", String(Date.now()));
  return `GET ${target} HTTP/1.1\r\nHost: bench\r\nAuthorization: Anony ${reader}\r\n\r\n`;
}

/** With a rate, requests start when they are due, and waiting for a connection counts as latency. */
const intervalMs = ratePerSecond ? (1_000 * connections) / ratePerSecond : 0;

function open(index) {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let startedAt = 0;
  let dueAt = performance.now() + (intervalMs * index) / connections;
  let left = 0;
  let head = "";

  const send = () => {
    if (stopped) return;
    const now = performance.now();
    if (intervalMs > 0) {
      if (dueAt > now) return void setTimeout(send, dueAt - now);
      startedAt = dueAt;
      dueAt += intervalMs;
    } else startedAt = now;
    socket.write(request());
  };
  socket.on("connect", send);
  socket.on("data", (chunk) => {
    if (left === 0) {
      const end = chunk.indexOf("\r\n\r\n");
      if (end < 0) throw new Error("headers came in pieces");
      head = chunk.latin1Slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      left = end + 4 + length;
      if (measuring) {
        if (!head.startsWith("HTTP/1.1 200")) failed += 1;
        else if (chunk.subarray(end, end + 500).includes('"degraded":true')) degraded += 1;
      }
    }
    left -= chunk.length;
    if (measuring) bytes += chunk.length;
    if (left > 0) return;
    if (measuring && measured < latencies.length) latencies[measured++] = performance.now() - startedAt;
    send();
  });
  socket.on("error", (error) => {
    if (!stopped) throw error;
  });
  return socket;
}

const sockets = Array.from({ length: connections }, (_, index) => open(index));
setTimeout(() => {
  measuring = true;
  process.stdout.write("measuring\n");
  const startedAt = performance.now();
  setTimeout(() => {
    measuring = false;
    const tookSeconds = (performance.now() - startedAt) / 1_000;
    stopped = true;
    const sorted = latencies.subarray(0, measured).sort();
    const at = (share) => sorted[Math.min(measured - 1, Math.floor(measured * share))] ?? Number.NaN;
    process.stdout.write(
      `${JSON.stringify({ requests: measured, perSecond: measured / tookSeconds, p50Ms: at(0.5), p99Ms: at(0.99), failed, degraded, bytesPerResponse: Math.round(bytes / measured) })}\n`,
    );
    for (const socket of sockets) socket.destroy();
  }, seconds * 1_000);
}, warmupSeconds * 1_000);
