/** Ends with 0 when the service at the address is ready: `node healthcheck.js grpc://127.0.0.1:50051`, or an http URL. */
import { get } from "node:http";

const WITHIN_MS = 2_000;
const GRPC = "grpc://";

const address = process.argv[2] ?? "http://127.0.0.1:3000/readyz";
if (!/^(grpc|http):\/\/./.test(address) || !URL.canParse(address)) {
  process.stderr.write("Usage: node tools/dist/healthcheck.js [grpc://HOST:PORT | http://HOST:PORT/PATH]\n");
  process.exit(2);
}
const isReady = await (address.startsWith(GRPC) ? isServing(address.slice(GRPC.length)) : isOk(address));
process.exit(isReady ? 0 : 1);

/** By the standard grpc.health.v1, as probes of Kubernetes ask; with the certificates of the service where it has some. */
function isServing(target: string): Promise<boolean> {
  return import("./grpc-health.js").then((health) => health.isServing(target, WITHIN_MS));
}

function isOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: WITHIN_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    request.once("error", () => resolve(false));
  });
}
