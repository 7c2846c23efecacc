import { once } from "node:events";
import { createServer } from "node:net";
import { ExpectedFailure } from "./expected-failure.mjs";

/** Those that are typed; nobody types the port of metrics, so another one will do. */
const NAMES = ["PORT", "GRPC_PORT", "JOBS_PORT"];
const METRICS_PORT = 9_464;

/** The ports to listen on, each seen to be free. */
export async function freePorts(variables) {
  const ports = Object.fromEntries(NAMES.map((name) => [name, variables[name]]));
  assertDistinct(Object.entries(ports));
  await Promise.all(Object.entries(ports).map(([name, port]) => assertFree(name, port)));
  await assertOwnAddress(variables.HOST);
  return { ...ports, METRICS_PORT: await metricsPort(variables, Object.values(ports)) };
}

/** A name that does not resolve, or an address of another machine, is found before the servers start. */
async function assertOwnAddress(host) {
  const server = createServer();
  try {
    server.listen(0, host);
    await once(server, "listening");
  } catch (error) {
    throw new ExpectedFailure(`HOST is no address of this machine (${error.code}).`);
  } finally {
    server.close();
  }
}

/** Where the recommender listens for metrics. */
async function metricsPort(variables, taken) {
  const wanted = variables.METRICS_PORT ?? METRICS_PORT;
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
