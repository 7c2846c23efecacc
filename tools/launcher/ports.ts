import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { codeOf, ExpectedFailure } from "../lib/expected-failure.js";
import type { Variables } from "./environment.js";

/** Ports that a person types. */
const TYPED = ["PORT", "GRPC_PORT", "JOBS_PORT"] as const;
/** Ports that no person types as a rule, so another one will do. */
const QUIET = { EXPLAIN_PORT: 50_052, METRICS_PORT: 9_464 } as const;

type TypedName = (typeof TYPED)[number];
type QuietName = keyof typeof QUIET;
export type Ports = Readonly<Record<TypedName | QuietName, number>>;

/** The ports to listen on, each seen to be free. */
export async function freePorts(variables: Variables): Promise<Ports> {
  const typed = TYPED.map((name) => [name, variables[name]] as const);
  assertDistinct(typed);
  await Promise.all(typed.map(([name, port]) => assertFree(name, port)));
  await assertOwnAddress(variables.HOST);
  const taken = typed.map(([, port]) => port);
  const explain = await quietPort("EXPLAIN_PORT", variables, taken);
  const metrics = await quietPort("METRICS_PORT", variables, [...taken, explain]);
  const { PORT, GRPC_PORT, JOBS_PORT } = variables;
  return { PORT, GRPC_PORT, JOBS_PORT, EXPLAIN_PORT: explain, METRICS_PORT: metrics };
}

/** Finds a name that does not resolve, or an address of another machine, before the servers start. */
async function assertOwnAddress(host: string): Promise<void> {
  try {
    await listenOnce(0, host);
  } catch (error) {
    throw new ExpectedFailure(`HOST is no address of this machine (${codeOf(error)}).`);
  }
}

async function quietPort(name: QuietName, variables: Variables, taken: readonly number[]): Promise<number> {
  const wanted = variables[name] ?? QUIET[name];
  return !taken.includes(wanted) && (await isFree(wanted)) ? wanted : await listenOnce(0);
}

function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function assertDistinct(ports: readonly (readonly [name: string, port: number])[]): void {
  for (const [index, [name, port]] of ports.entries()) {
    const [same] = ports.slice(index + 1).find(([, other]) => other === port) ?? [];
    if (same !== undefined) throw new ExpectedFailure(`${name} and ${same} are both ${port}.`);
  }
}

async function assertFree(name: string, port: number): Promise<void> {
  try {
    await listenOnce(port);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EACCES") throw new ExpectedFailure(`Port ${port} is not for this user. Choose another ${name}.`);
    if (code !== "EADDRINUSE") throw error;
    throw new ExpectedFailure(
      `Port ${port} is in use, perhaps by another npm start. Stop that, or choose another port:\n` +
        `  ${name}=${port + 1} npm start`,
    );
  }
}

/** Listens on a port, closes it again and returns it. */
async function listenOnce(port: number, host?: string): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } finally {
    server.close();
  }
}
