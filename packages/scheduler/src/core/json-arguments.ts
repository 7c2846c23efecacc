import type { Json } from "./json.js";

/**
 * The type when its values are JSON, else one that they do not fit. Unlike `Json` it takes interfaces, which have no
 * index signature; an optional member may be undefined, which leaves it out.
 */
export type JsonOf<Value> = [Value] extends [Json] ? Value : JsonOfEach<Value>;

type JsonOfEach<Value> = Value extends Json
  ? Value
  : Value extends (...args: never[]) => unknown
    ? never
    : Value extends readonly unknown[]
      ? { readonly [Index in keyof Value]: JsonOf<Value[Index]> }
      : Value extends object
        ? { readonly [Member in keyof Value]: JsonOf<DefinedOf<Value, Member>> | AbsenceOf<Value, Member> }
        : never;

type DefinedOf<Value, Member extends keyof Value> =
  Record<never, never> extends Pick<Value, Member> ? Exclude<Value[Member], undefined> : Value[Member];

type AbsenceOf<Value, Member extends keyof Value> =
  Record<never, never> extends Pick<Value, Member> ? undefined : never;

/** A job's description, with arguments of these types. */
export type WithArguments<Spec, Args extends readonly unknown[], Kwargs> = Omit<Spec, "args" | "kwargs"> & {
  readonly args?: Args & JsonOf<Args>;
  readonly kwargs?: Kwargs & JsonOf<Kwargs>;
};
