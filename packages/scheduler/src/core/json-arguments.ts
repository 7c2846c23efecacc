import type { Json } from "./json.js";

/**
 * Type of a value if it is JSON, else a type that it does not fit. Unlike `Json` it accepts interfaces, which have no
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

/** Description of a job with arguments of these types. */
export type WithArguments<Spec, Args extends readonly unknown[], Kwargs> = Omit<Spec, "args" | "kwargs"> & {
  readonly args?: Args & JsonOf<Args>;
  readonly kwargs?: Kwargs & JsonOf<Kwargs>;
};
