import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { eventually } from "@headline/testkit";
import type { Answer } from "./open-world.js";

export interface Balancer extends AsyncDisposable {
  /** Resolves when every gateway is in. */
  allIn(): Promise<void>;
  send(method: string, path: string, options?: { headers?: Record<string, string>; body?: unknown }): Promise<Answer>;
}

interface Backend {
  readonly gateway: { readonly url: string };
  readonly agent: Agent;
  in: boolean;
}

const LOOK_EVERY_MS = 25;

/**
 * Spreads requests over gateways on connections it keeps, as a load balancer does. A gateway is out while its /readyz does not say
 * 200, and from the moment that it refuses a connection or asks to close one. What was sent is never sent again.
 */
export async function openBalancer(gateways: readonly { readonly url: string }[]): Promise<Balancer> {
  const backends: Backend[] = gateways.map((gateway) => ({
    gateway,
    agent: new Agent({ keepAlive: true }),
    in: false,
  }));
  let turn = 0;
  let open = true;
  const looking = backends.map(async (backend) => {
    while (open) {
      const url = `${backend.gateway.url}/readyz`;
      backend.in = await exchange(url, { agent: backend.agent }).then(isReady, () => false);
      await setTimeout(LOOK_EVERY_MS);
    }
  });
  const next = (): Backend => {
    const ready = backends.filter((backend) => backend.in);
    turn += 1;
    const backend = ready[turn % ready.length];
    if (backend === undefined) throw new Error("no gateway is ready");
    return backend;
  };
  const allIn = () =>
    eventually(() => {
      if (!backends.every((backend) => backend.in)) throw new Error("not every gateway is ready");
    });
  await allIn();

  return {
    allIn,
    async send(method, path, { headers = {}, body } = {}) {
      for (;;) {
        const backend = next();
        try {
          const answer = await exchange(backend.gateway.url + path, { agent: backend.agent, method, headers, body });
          if (answer.headers.get("connection") === "close") backend.in = false;
          return answer;
        } catch (error) {
          backend.in = false;
          if (!isRefusedConnection(error)) throw error;
        }
      }
    },
    async [Symbol.asyncDispose]() {
      open = false;
      await Promise.all(looking);
      for (const { agent } of backends) agent.destroy();
    },
  };
}

const isReady = ({ status, headers }: Answer): boolean => status === 200 && headers.get("connection") !== "close";

/** Nothing was sent: another gateway may have it. */
const isRefusedConnection = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ECONNREFUSED";

interface Exchange {
  readonly agent: Agent;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

function exchange(url: string, { agent, method = "GET", headers = {}, body }: Exchange): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const type = payload === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers: { ...type, ...headers }, timeout: 5_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        const received = new Headers(response.headers as Record<string, string>);
        const isJson = received.get("content-type")?.includes("json") ?? false;
        resolve({ status: response.statusCode ?? 0, headers: received, body: isJson ? JSON.parse(text) : text });
      });
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer within 5 s")));
    sent.once("error", reject);
    sent.end(payload);
  });
}
