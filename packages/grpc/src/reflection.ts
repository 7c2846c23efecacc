import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { clip } from "@headline/service/errors";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from "./gen/grpc/reflection/v1/reflection.js";

type ReflectionRequest = NonNullable<ServerReflectionRequest["messageRequest"]>;
type ReflectionResponse = NonNullable<ServerReflectionResponse["messageResponse"]>;
type Stream = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;

const NAME_MAX = 200;

/** The stable version; `v1alpha` has the same messages at another path. */
export const ReflectionV1 = ServerReflectionService;
export const ReflectionV1Alpha = {
  serverReflectionInfo: {
    ...ServerReflectionService.serverReflectionInfo,
    path: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
  },
} as const;

/** Serves reflection to tools such as `buf curl` and grpcurl, services without a package included; each set is a FileDescriptorSet in base64. */
export function reflection(services: readonly string[], descriptorSets: readonly string[]) {
  const { files, symbols } = index(descriptorSets);
  const streams = new Set<Stream>();
  let isDrained = false;

  const respond = (request: ReflectionRequest | undefined): ReflectionResponse => {
    switch (request?.$case) {
      case "listServices":
        return {
          $case: "listServicesResponse",
          listServicesResponse: { service: services.map((name) => ({ name })) },
        };
      case "fileByFilename":
        return file(files.get(request.fileByFilename), request.fileByFilename);
      case "fileContainingSymbol":
        return file(symbols.get(request.fileContainingSymbol), request.fileContainingSymbol);
      case "fileContainingExtension":
      case "allExtensionNumbersOfType":
        return error(status.NOT_FOUND, "there are no extensions");
      default:
        return error(status.INVALID_ARGUMENT, "an empty request");
    }
  };

  const file = (found: FileDescriptorProto | undefined, name: string): ReflectionResponse => {
    if (!found) return error(status.NOT_FOUND, `${clip(name, NAME_MAX)} is not known here`);
    const needed = new Set<FileDescriptorProto>();
    collect(found, needed);
    return {
      $case: "fileDescriptorResponse",
      fileDescriptorResponse: {
        fileDescriptorProto: [...needed].map((each) => Buffer.from(toBinary(FileDescriptorProtoSchema, each))),
      },
    };
  };

  const collect = (each: FileDescriptorProto, into: Set<FileDescriptorProto>): void => {
    if (into.has(each)) return;
    into.add(each);
    for (const name of each.dependency) {
      const dependency = files.get(name);
      if (dependency) collect(dependency, into);
    }
  };

  const serverReflectionInfo = (stream: Stream): void => {
    streams.add(stream);
    stream.once("close", () => streams.delete(stream));
    stream.on("error", () => streams.delete(stream));
    stream.on("data", (request) => {
      const isAccepted = stream.write({
        validHost: "",
        originalRequest: request,
        messageResponse: respond(request.messageRequest),
      });
      if (!isAccepted) stream.pause();
    });
    stream.on("drain", () => stream.resume());
    stream.on("end", () => stream.end());
    if (isDrained) stream.end();
  };

  return {
    serverReflectionInfo: Object.assign(serverReflectionInfo, {
      drain() {
        isDrained = true;
        for (const stream of streams) stream.end();
      },
    }),
  };
}

function error(errorCode: number, errorMessage: string): ReflectionResponse {
  return { $case: "errorResponse", errorResponse: { errorCode, errorMessage } };
}

/** Index of the files by name, and by each symbol that they declare. */
function index(descriptorSets: readonly string[]) {
  const sets = descriptorSets.map((set) => fromBinary(FileDescriptorSetSchema, Buffer.from(set, "base64")));
  const files = new Map(sets.flatMap((set) => set.file).map((file) => [file.name, file]));
  const symbols = new Map<string, FileDescriptorProto>();
  for (const file of files.values()) {
    for (const symbol of symbolsOf(file)) symbols.set(symbol, file);
  }
  return { files, symbols };
}

function symbolsOf(file: FileDescriptorProto): string[] {
  const within = (scope: string, name: string) => (scope === "" ? name : `${scope}.${name}`);
  const enumSymbols = (scope: string, type: EnumDescriptorProto) => [
    within(scope, type.name),
    ...type.value.map((value) => within(scope, value.name)),
  ];
  const messageSymbols = (scope: string, type: DescriptorProto): string[] => {
    const full = within(scope, type.name);
    return [
      full,
      ...type.field.map((field) => within(full, field.name)),
      ...type.nestedType.flatMap((nested) => messageSymbols(full, nested)),
      ...type.enumType.flatMap((nested) => enumSymbols(full, nested)),
    ];
  };
  return [
    ...file.messageType.flatMap((type) => messageSymbols(file.package, type)),
    ...file.enumType.flatMap((type) => enumSymbols(file.package, type)),
    ...file.service.flatMap((each) => {
      const full = within(file.package, each.name);
      return [full, ...each.method.map((method) => within(full, method.name))];
    }),
  ];
}
