import type { Request, RequestHandler } from "express";
import type { z } from "zod";
import type { Reader } from "./authenticate.js";
import type { Write } from "./write-limits.js";

export type Method = "get" | "post" | "patch" | "put" | "delete";

/**
 * Token that a route asks for: none (`public`); a reader's or a guest's where one is sent (`optional`), or else a new guest's
 * (`guest`); a user's (`signed-in`); one that the handler itself verifies (`bearer`).
 */
export type Access = "public" | "optional" | "guest" | "signed-in" | "bearer";

/** Statuses of refusals that a route adds to those of its kind. */
export type Refused = 400 | 401 | 403 | 404 | 409 | 422 | 429 | 503;

/** Body of a request: JSON, validated before the handler runs. */
export interface RequestBody<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** Limit; without it 1 MiB with a good access token and 16 KiB without one. */
  readonly maxBytes?: number;
  /** Media types that are read as JSON; application/json without it. */
  readonly types?: readonly string[];
  /** Allows a request without a body. The handler validates it, because it alone knows when it is needed. */
  readonly optional?: true;
  /** Schema for the document, where the handler validates parts of the body by themselves. */
  readonly documented?: z.ZodType;
}

/** Success: data in the JSON envelope, or a text of another type, which needs a raw handler. */
export type Answer<Data extends z.ZodType = z.ZodType> = JsonAnswer<Data> | TextAnswer;

export interface JsonAnswer<Data extends z.ZodType> {
  readonly status?: 200 | 201 | 202;
  readonly data: Data;
  /** Location of what was created. */
  readonly location?: (data: z.input<Data>) => string;
}

export interface TextAnswer {
  readonly type: string;
}

/** Everything about a route but its handler: source of validation and document. */
export interface Declaration {
  readonly method: Method;
  /** In Express's form: `/articles/:id`. */
  readonly path: string;
  /** Operation id, by which generated clients call it. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: RequestBody;
  /** Rate limit of a reader and of a network, by its name in `WRITES`. */
  readonly rate?: Write;
  /** Honours Idempotency-Key. */
  readonly keyed?: true;
  /** Marks a POST or PATCH that has the same effect when it is sent again. */
  readonly repeatable?: true;
  /** Serves probes: mounted ahead of measuring and admission. */
  readonly probe?: true;
  /** Serves most of all requests: it is found without the router. At most one GET route without parameters. */
  readonly hot?: true;
  readonly answer: Answer;
  /** Refusals beside those of every route of its kind, each with its meaning. */
  readonly refuses?: { readonly [Status in Refused]?: string };
}

/** Input of a handler: the request, its idempotency key, and those of reader, params, query and body that it names. */
export type Call<Input extends object = object> = {
  readonly req: Request;
  readonly key: string | undefined;
} & Readonly<Input>;

type ReaderOf<Kind extends Access> = Kind extends "signed-in" | "guest"
  ? Reader
  : Kind extends "optional"
    ? Reader | undefined
    : undefined;
type BodyOf<Body> = Body extends { readonly optional: true }
  ? unknown
  : Body extends RequestBody<infer Schema>
    ? z.output<Schema>
    : undefined;
type Handle<Deps, Input, Data> = (parts: Deps) => (call: Input) => Data | Promise<Data>;

/** Made from the parts of its story when the app is made; `undefined` leaves the route out. */
type Raw<Deps> = (parts: Deps) => RequestHandler | undefined;

/** Route of a story whose handlers are made from `Deps`. */
export type Route<Deps> = Declaration &
  (
    | { readonly handler: (parts: Deps) => (call: never) => unknown; readonly raw?: undefined }
    | { readonly raw: Raw<Deps>; readonly handler?: undefined }
  );

/** Routes of one folder, under one tag of the document. */
export interface Story<Deps> {
  readonly tag: string;
  readonly about: string;
  readonly routes: readonly Route<Deps>[];
}

/**
 * Declares a route once, for Express, authentication, validation, the document and generated clients. `handler` gets input that
 * is validated and returns the data of the answer; `raw` is an Express handler of its own, for answers that are not JSON and for
 * routes where every microsecond counts.
 *
 * @example
 * route({
 *   method: "get",
 *   path: "/users/:id",
 *   name: "user",
 *   summary: "Reads a user",
 *   description: "With an access token also whether its reader follows the user.",
 *   access: "optional",
 *   params: UserPath,
 *   answer: { data: User },
 *   refuses: { 404: "The user does not exist" },
 *   handler: readUser,
 * })
 */
export function route<
  Deps,
  const Kind extends Access,
  Data extends z.ZodType = z.ZodNever,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  const Body extends RequestBody | undefined = undefined,
>(
  declared: Omit<Declaration, "access" | "params" | "query" | "body" | "answer"> & {
    readonly access: Kind;
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly answer: Answer<Data>;
  } & (
      | {
          readonly handler: Handle<
            Deps,
            Call<{
              readonly reader: ReaderOf<Kind>;
              readonly params: z.output<Params>;
              readonly query: z.output<Query>;
              readonly body: BodyOf<Body>;
            }>,
            z.input<Data>
          >;
          readonly raw?: undefined;
        }
      | { readonly raw: Raw<Deps>; readonly handler?: undefined }
    ),
): Route<Deps> {
  return declared as unknown as Route<Deps>;
}
