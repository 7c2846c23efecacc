import {
  type ClientUnaryCall,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { eventually } from "@headline/testkit";
import { type Edge, HealingChannel, openServer, service, type UnaryHandler, unary } from "../src/index.js";

/** Request and response of the service of these tests, which is written by hand: JSON in the place of protobuf. */
interface Echo {
  readonly text: string;
}

export type Handler = UnaryHandler<Echo, Echo>;

interface EchoMethods {
  echo(
    request: Echo,
    metadata: Metadata,
    options: { deadline: number },
    callback: (error: ServiceError | null, response: Echo) => void,
  ): ClientUnaryCall;
  echo(request: Echo, callback: (error: ServiceError | null, response: Echo) => void): ClientUnaryCall;
}

const PATH = "/test.Echo/echo";
const toBytes = (value: Echo) => Buffer.from(JSON.stringify(value));
const fromBytes = (bytes: Buffer): Echo => JSON.parse(bytes.toString());
const methodAt = (path: string) => ({
  path,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: toBytes,
  requestDeserialize: fromBytes,
  responseSerialize: toBytes,
  responseDeserialize: fromBytes,
});
const EchoService = { echo: methodAt(PATH) } satisfies ServiceDefinition;
const OtherService = { echo: methodAt("/test.Other/echo") } satisfies ServiceDefinition;

const GenericClient = makeGenericClientConstructor(EchoService, "test.Echo");
type EchoClient = InstanceType<typeof GenericClient> & EchoMethods;
export const EchoClient = GenericClient as unknown as new (
  ...args: ConstructorParameters<typeof GenericClient>
) => EchoClient;

/** An echo server on a free port. Bugs are collected, so that a test can say that there were none. */
export async function openEcho(
  handler: Handler,
  {
    edge,
    address = "127.0.0.1:0",
    ...options
  }: { edge?: Partial<Edge> } & Partial<Parameters<typeof openServer>[0]> = {},
) {
  const bugs: unknown[] = [];
  const echo = unary(handler, { onBug: (error) => void bugs.push(error), ...edge });
  const services = [service(EchoService, { echo }), service(OtherService, { echo })];
  return Object.assign(await openServer({ address, services, ...options }), { bugs });
}

/** A healing channel to an echo server. */
export function connectEcho(address: string, options: { silenceMs?: number } = {}) {
  const channel = new HealingChannel({ address, ...options }, (...args) => ({ echo: new EchoClient(...args) }));
  return {
    echo: (text: string) =>
      channel.unary<Echo, Echo>(({ echo }) => echo.echo.bind(echo), { text }, { timeoutMs: 20_000 }),
    check: (name = "") => channel.check(name, { timeoutMs: 20_000 }),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}

/** A plain grpc-js client: what any other caller has. */
export function plainClient(address: string) {
  const client = new EchoClient(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const echo = (
    text = "",
    { timeoutMs = 20_000, metadata = new Metadata() }: { timeoutMs?: number; metadata?: Metadata } = {},
  ) =>
    new Promise<string>((resolve, reject) => {
      client.echo({ text }, metadata, { deadline: Date.now() + timeoutMs }, (error, response) =>
        error ? reject(error) : resolve(response.text),
      );
    });
  return { echo, [Symbol.dispose]: () => client.close() };
}

/** Sends bytes in the place of a request; resolves with the error. */
export async function sendBytes(address: string, bytes: Buffer): Promise<ServiceError | null> {
  const raw = new EchoClient(address, credentials.createInsecure());
  try {
    return await new Promise((resolve) => {
      raw.makeUnaryRequest(
        PATH,
        () => bytes,
        (response) => response,
        {},
        (error) => resolve(error),
      );
    });
  } finally {
    raw.close();
  }
}

export const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const check = async () => {
    if (!(await condition())) throw new Error(`not within ${withinMs} ms: ${condition}`);
  };
  await eventually(check, { withinMs });
}
