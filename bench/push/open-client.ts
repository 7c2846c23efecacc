import { WebSocket } from "undici";

/** A socket that costs its process little: it says who it is, answers pings, and hands on events. */
export interface PushedClient {
  /** The next event of that name. */
  next(event: string, withinMs: number): Promise<unknown>;
  close(): void;
}

const OPEN_WITHIN_MS = 30_000;

/** Speaks as much of Engine.IO 4 and Socket.IO 5 as an idle client needs. */
export async function openClient(url: string, auth: Record<string, string>): Promise<PushedClient> {
  const socket = new WebSocket(url);
  const waiting = new Map<string, (data: unknown) => void>();
  const next = (event: string, withinMs: number) =>
    new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${event} within ${withinMs} ms`)), withinMs);
      waiting.set(event, (data) => {
        clearTimeout(timer);
        waiting.delete(event);
        resolve(data);
      });
    });
  socket.onmessage = ({ data }) => {
    const text = String(data);
    if (text === "2") socket.send("3");
    else if (text.startsWith("0")) socket.send(`40${JSON.stringify(auth)}`);
    else if (text.startsWith("44")) waiting.get("welcome")?.(Promise.reject(new Error(text)));
    else if (text.startsWith("42")) {
      const [event, data] = JSON.parse(text.slice(2)) as [string, unknown];
      waiting.get(event)?.(data);
    }
  };
  socket.onerror = () => undefined; // the wait for the welcome says so
  await next("welcome", OPEN_WITHIN_MS);
  return { next, close: () => socket.close() };
}
