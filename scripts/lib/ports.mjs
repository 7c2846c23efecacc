import { once } from "node:events";
import { createServer } from "node:net";
import { ExpectedFailure } from "./expected-failure.mjs";

const DEFAULTS = { PORT: 3_000, GRPC_PORT: 50_051, JOBS_PORT: 3_001 };
/** Nobody types it, so another one will do. */
const METRICS_PORT = 9_464;

/** The ports to listen on, each seen to be free. */
export async function freePorts(env) {
  const ports = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, parsePort(name, env[name])]));
  assertDistinct(Object.entries(ports));
  await Promise.all(Object.entries(ports).map(([name, port]) => assertFree(name, port)));
  return { ...ports, METRICS_PORT: await metricsPort(env, Object.values(ports)) };
}

/** Where the recommender tells its metrics. */
async function metricsPort(env, taken) {
  const wanted = env.METRICS_PORT ? parsePort("METRICS_PORT", env.METRICS_PORT) : METRICS_PORT;
  if (!taken.includes(wanted) && (await isFree(wanted))) return wanted;
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

function isFree(port) {
  return assertFree("METRICS_PORT", port).then(
    () => true,
    () => false,
  );
}

function assertDistinct(ports) {
  for (const [index, [name, port]] of ports.entries()) {
    const [same] = ports.slice(index + 1).find(([, other]) => other === port) ?? [];
    if (same !== undefined) throw new ExpectedFailure(`${name} and ${same} are both ${port}.`);
  }
}

function parsePort(name, text) {
  if (!text) return DEFAULTS[name];
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535) {
    throw new ExpectedFailure(`${name} must be a port from 1 to 65535, not "${text}".`);
  }
  return Number(text);
}

async function assertFree(name, port) {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, "listening");
  } catch (error) {
    if (error.code === "EACCES")
      throw new ExpectedFailure(`Port ${port} is not for this user. Choose another ${name}.`);
    if (error.code !== "EADDRINUSE") throw error;
    throw new ExpectedFailure(
      `Port ${port} is in use, perhaps by another npm start. Stop that, or choose another port:\n` +
        `  ${name}=${port + 1} npm start`,
    );
  } finally {
    server.close();
  }
}
