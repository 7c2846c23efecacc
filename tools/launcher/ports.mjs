import { once } from "node:events";
import { createServer } from "node:net";
import { ExpectedFailure } from "../lib/expected-failure.mjs";

/** Those that are typed. */
const NAMES = ["PORT", "GRPC_PORT", "JOBS_PORT"];
/** Ports that are not typed as a rule, so another one will do. */
const QUIET = { EXPLAIN_PORT: 50_052, METRICS_PORT: 9_464 };

/** The ports to listen on, each seen to be free. */
export async function freePorts(variables) {
  const ports = Object.fromEntries(NAMES.map((name) => [name, variables[name]]));
  assertDistinct(Object.entries(ports));
  await Promise.all(Object.entries(ports).map(([name, port]) => assertFree(name, port)));
  await assertOwnAddress(variables.HOST);
  for (const name of Object.keys(QUIET)) ports[name] = await quietPort(name, variables, Object.values(ports));
  return ports;
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

/** Where the recommender explains feeds, and listens for metrics. */
async function quietPort(name, variables, taken) {
  const wanted = variables[name] ?? QUIET[name];
  if (!taken.includes(wanted) && (await isFree(name, wanted))) return wanted;
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

function isFree(name, port) {
  return assertFree(name, port).then(
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
