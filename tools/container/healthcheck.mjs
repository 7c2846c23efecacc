/** Ends with 0 when the service at the address is ready: `node healthcheck.mjs grpc://127.0.0.1:50051`, or an http URL. */
import { readFileSync } from "node:fs";
import { get } from "node:http";

const WITHIN_MS = 2_000;
const address = process.argv[2] ?? "http://127.0.0.1:3000/readyz";
if (!/^(grpc|http):\/\/./.test(address) || !URL.canParse(address)) {
  process.stderr.write("Usage: node tools/container/healthcheck.mjs [grpc://HOST:PORT | http://HOST:PORT/PATH]\n");
  process.exit(2);
}

process.exit(
  (await (address.startsWith("grpc://") ? serves(address.slice("grpc://".length)) : answers(address))) ? 0 : 1,
);

/** By the standard grpc.health.v1, as probes of Kubernetes ask; with the certificates of the service where it has some. */
async function serves(target) {
  const { clientTls, HealingChannel } = await import("@headline/grpc");
  const { TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE, TLS_SERVER_NAME: serverName } = process.env;
  const [ca, certificate, key] = [TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE].map((file) => file && readFileSync(file));
  const credentials = ca ? clientTls({ ca, certificate, key }) : undefined;
  const channel = new HealingChannel({ address: target, credentials, serverName }, () => undefined);
  return channel.check("UserRecommend", { timeoutMs: WITHIN_MS });
}

function answers(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: WITHIN_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    request.once("error", () => resolve(false));
  });
}
