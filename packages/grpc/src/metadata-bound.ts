import {
  type Metadata,
  Metadata as NewMetadata,
  type ServerErrorResponse,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type FailureStatus, PUSHBACK } from "./status.js";

export const METADATA_BYTES_MAX = 8 * 1_024;

/** Refusal of a call whose metadata is larger than `bytesMax`; its pushback forbids a retry. */
export function metadataRefusal(metadata: Metadata, bytesMax = METADATA_BYTES_MAX): FailureStatus | undefined {
  const bytes = metadataBytes(metadata);
  if (bytes <= bytesMax) return undefined;
  const never = new NewMetadata();
  never.set(PUSHBACK, "-1");
  return {
    code: status.RESOURCE_EXHAUSTED,
    details: `metadata of ${bytes} bytes exceeds ${bytesMax}`,
    metadata: never,
  };
}

/** Wraps handlers that were not made by `unary` with the same bound. */
export function boundedMetadata<Implementation extends object>(implementation: Implementation) {
  const bounded = Object.entries(implementation).map(([name, handler]) => [name, withBound(handler)] as const);
  return Object.fromEntries(bounded) as UntypedServiceImplementation;
}

type Callback = (error: FailureStatus) => void;
interface Call {
  readonly metadata: Metadata;
  emit(event: "error", error: Partial<ServerErrorResponse>): boolean;
}

function withBound<Handler extends (call: Call, callback?: Callback) => unknown>(handler: Handler) {
  const bounded = (call: Call, callback?: Callback): void => {
    const refused = metadataRefusal(call.metadata);
    if (refused === undefined) handler(call, callback);
    else if (callback !== undefined) callback(refused);
    else call.emit("error", refused);
  };
  return Object.assign(bounded, handler); // a stream's handler has a drain()
}

function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of Array.isArray(values) ? values : [values]) bytes += key.length + String(value ?? "").length;
  }
  return bytes;
}
