import { createHash } from "node:crypto";
import { z } from "zod";

/** The system said no, or nothing. */
export class NoAnswer extends Error {}

export interface SimulatedEvent {
  readonly id: string;
  readonly type: "exposure" | "click" | "read" | "liking" | "dislike";
  readonly token: string;
  readonly ts: number;
  readonly duration_ms?: number;
  readonly article_ids?: readonly string[];
}

const Served = z.object({
  article_id: z.string(),
  title: z.string(),
  channel_id: z.string(),
  trace: z.object({ click: z.string(), read: z.string(), liking: z.string() }),
});
const Page = z.object({
  data: z.object({ degraded: z.boolean(), exposure: z.string(), results: z.array(Served) }),
});
const ChannelList = z.object({ data: z.object({ channels: z.array(z.object({ id: z.coerce.number() })) }) });
const SignedUp = z.object({ data: z.object({ token: z.string() }) });
const Published = z.object({ data: z.object({ article_id: z.string() }) });
const Verdicts = z.object({ data: z.object({ rejected: z.array(z.unknown()) }) });

export type ServedArticle = z.output<typeof Served>;
export type ServedPage = z.output<typeof Page>["data"];

const TIMEOUT_MS = 10_000;

/** The product's HTTP interface, as an app uses it. */
export class HttpClient {
  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  async channelIds(): Promise<readonly number[]> {
    return (await this.#send(ChannelList, "GET", "/channels")).data.channels.map(({ id }) => id);
  }

  /** The Authorization of a new user. */
  async signUp(name: string, password: string): Promise<string> {
    return `Bearer ${(await this.#send(SignedUp, "POST", "/users", { body: { name, password } })).data.token}`;
  }

  /** The new article's id. */
  async publish(
    authorization: string,
    article: { title: string; content: string; channel_id: number },
  ): Promise<string> {
    return (await this.#send(Published, "POST", "/articles", { authorization, body: article })).data.article_id;
  }

  async refresh(authorization: string, perPage: number): Promise<ServedPage> {
    const path = `/articles?channel_id=0&per_page=${perPage}&timestamp=${Date.now()}`;
    return (await this.#send(Page, "GET", path, { authorization })).data;
  }

  /** Number of refused events. */
  async upload(authorization: string, events: readonly SimulatedEvent[]): Promise<number> {
    const { data } = await this.#send(Verdicts, "POST", "/events", { authorization, body: { events } });
    return data.rejected.length;
  }

  async #send<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    { authorization, body }: { authorization?: string; body?: unknown } = {},
  ): Promise<z.output<Schema>> {
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: {
          ...(authorization !== undefined && { authorization, "x-forwarded-for": networkOf(authorization) }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const text = await response.text();
      if (!response.ok) throw new NoAnswer(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
      return schema.parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      throw new NoAnswer(`${method} ${this.url}${path}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return `not an answer of this product: ${z.prettifyError(error)}`;
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

/** An address in a network of this reader's own: guests of one network weigh little more than one. */
function networkOf(authorization: string): string {
  const [a, b, c] = createHash("sha256").update(authorization).digest();
  return `10.${a}.${b}.${c}`;
}
