import type { z } from "zod";

/** Whose token a route asks for: nobody's, anybody's who has one, a guest's made up where there is none, a user's. */
export type Access = "nobody" | "optional" | "guest" | "signed-in";

/** What a route answers when all is well: data in JSON, or a text of another type. */
export type Success =
  | { readonly status?: 200 | 201 | 202; readonly data: z.ZodType; readonly location?: true }
  | { readonly type: string };

/** Refusals of one route, beside those that every route of its kind has. */
export type Refused = 400 | 401 | 403 | 404 | 409 | 422 | 429;

/** One route of `app.ts`, with the schemas that its handler reads with. */
export interface Route {
  readonly method: "get" | "post" | "patch" | "put" | "delete";
  /** As express has it: `/articles/:id`. */
  readonly path: string;
  /** What generated clients call it. */
  readonly name: string;
  readonly summary: string;
  readonly more?: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: { readonly schema: z.ZodType; readonly optional?: true; readonly types?: readonly string[] };
  /** Done twice is done once; GET, PUT and DELETE are, and what honours Idempotency-Key. */
  readonly repeatable?: true;
  /** Honours Idempotency-Key. */
  readonly keyed?: true;
  readonly answers: Success;
  readonly refuses?: readonly Refused[];
}

/** Routes of one story. */
export interface Story {
  readonly name: string;
  readonly about: string;
  readonly routes: readonly Route[];
}
