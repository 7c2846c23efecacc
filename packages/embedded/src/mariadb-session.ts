import { connect, type Socket } from "node:net";

/**
 * Just enough of the MySQL protocol to check a private server and to create a database. A client library would take longer to load
 * than a server takes to start: mysql2 and ioredis some 0.2 s each, a server 0.12 s.
 */

const CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000; // LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
const UTF8MB4 = 45;
const COM_QUIT = 1;
const COM_QUERY = 3;
const OK = 0x00;
const AUTH_SWITCH = 0xfe;
const ERROR = 0xff;

interface Packet {
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Whether a MariaDB server greets at this socket; a socket alone, or a server that hangs, does not. */
export async function answersMariaDb(socketPath: string, withinMs = 1_000): Promise<boolean> {
  try {
    return await withSession(socketPath, withinMs, async (receive) => (await receive()).payload.length > 0);
  } catch {
    return false; // no server, or one that does not work
  }
}

/** Runs statements that return no rows, one after the other, as root with its empty password. */
export async function runInMariaDb(
  socketPath: string,
  statements: readonly string[],
  withinMs = 30_000,
): Promise<void> {
  await withSession(socketPath, withinMs, async (receive, send) => {
    await logIn(receive, send);
    for (const statement of statements) {
      send({ sequence: 0, payload: Buffer.concat([Buffer.from([COM_QUERY]), Buffer.from(statement)]) });
      expectNoError(await receive(), statement);
    }
    send({ sequence: 0, payload: Buffer.from([COM_QUIT]) });
  });
}

type Receive = () => Promise<Packet>;
type Send = (packet: Packet) => void;

async function logIn(receive: Receive, send: Send): Promise<void> {
  expectNoError(await receive(), "greeting");
  send({ sequence: 1, payload: loginOf("root") });
  const answer = await receive();
  expectNoError(answer, "login");
  if (answer.payload[0] === OK) return;
  if (answer.payload[0] !== AUTH_SWITCH) throw new Error("MariaDB answered the login in an unknown way");
  send({ sequence: answer.sequence + 1, payload: Buffer.alloc(0) }); // an empty password, whatever the plugin
  expectNoError(await receive(), "login");
}

function loginOf(user: string): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(CAPABILITIES, 0);
  head.writeUInt32LE(0xffffff, 4); // the largest packet we take
  head.writeUInt8(UTF8MB4, 8);
  return Buffer.concat([head, Buffer.from(`${user}\0\0mysql_native_password\0`)]);
}

function expectNoError({ payload }: Packet, doing: string): void {
  if (payload[0] !== ERROR) return;
  // code (2 bytes), then "#" and the SQL state (6 bytes), which the greeting's error lacks
  const text = payload
    .subarray(3)
    .toString("utf8")
    .replace(/^#...../, "");
  throw new Error(`MariaDB: ${text} (${payload.readUInt16LE(1)}) at: ${doing.slice(0, 200)}`);
}

async function withSession<T>(
  socketPath: string,
  withinMs: number,
  talk: (receive: Receive, send: Send) => Promise<T>,
): Promise<T> {
  const socket = connect(socketPath);
  let reject: (reason: Error) => void = () => {};
  const failed = new Promise<never>((_, rejectIt) => {
    reject = rejectIt;
  });
  failed.catch(() => {}); // it also fails after the session, when it is not awaited
  socket.once("error", (error) => reject(error));
  socket.once("close", () => reject(new Error(`MariaDB at ${socketPath} closed the connection`)));
  const timer = setTimeout(() => reject(new Error(`MariaDB at ${socketPath} was silent for ${withinMs} ms`)), withinMs);
  try {
    const receive = packetsOf(socket);
    return await Promise.race([talk(receive, (packet) => socket.write(frame(packet))), failed]);
  } finally {
    clearTimeout(timer);
    socket.end();
    socket.destroySoon();
  }
}

function packetsOf(socket: Socket): Receive {
  let received = Buffer.alloc(0);
  let wake = () => {};
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  return async () => {
    for (;;) {
      const length = received.length < 4 ? Number.POSITIVE_INFINITY : received.readUIntLE(0, 3);
      if (received.length >= 4 + length) {
        const packet = { sequence: received[3] ?? 0, payload: received.subarray(4, 4 + length) };
        received = received.subarray(4 + length);
        return packet;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

function frame({ sequence, payload }: Packet): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head.writeUInt8(sequence, 3);
  return Buffer.concat([head, payload]);
}
