import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/**
 * Sends the bytes as they are, and reads until the other end closes or `withinMs` have passed; with `untilAnswer`, until the
 * first answer is here, whose head is enough where no length is announced.
 */
export function rawRequest(
  port: number,
  text: string,
  { withinMs = 30_000, untilAnswer = false } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    const timer = setTimeout(() => socket.destroy(), withinMs);
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (untilAnswer && isWhole(Buffer.concat(chunks).toString("latin1"))) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(timer);
      const [headers = "", ...rest] = Buffer.concat(chunks).toString("utf8").split("\r\n\r\n");
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0), headers, body: rest.join("\r\n\r\n") });
    });
  });
}

function isWhole(answer: string): boolean {
  const [headers = "", ...body] = answer.split("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0);
  return body.length > 0 && body.join("\r\n\r\n").length >= length;
}
