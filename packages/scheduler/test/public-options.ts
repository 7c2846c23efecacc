import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type Declaration,
  type ModuleItem,
  type Param,
  type Pattern,
  parseSync,
  type TsFnParameter,
  type TsParameterProperty,
  type TsType,
  type TsTypeAnnotation,
  type TsTypeElement,
} from "@swc/core";

/** Objects that are no options: what stores and executors exchange with the scheduler, and what a run leaves behind. */
const NO_OPTIONS = new Set([
  "JobRecord",
  "JobQuery",
  "ClaimRequest",
  "DispatchRequest",
  "PostgresStatement",
  "SchedulerNode",
  "RemoteError",
  "CrontabEntry",
  "CrontabTable",
  "TriggerState",
]);

/** Interfaces that users implement: the scheduler is their caller. */
const IMPLEMENTED = new Set([
  "JobStore",
  "ExecutionLog",
  "Executor",
  "Clock",
  "TimerSource",
  "Logger",
  "Trigger",
  "BeatScheduler",
]);

/** For a scheduler's jobs, which have checked the options. */
const INTERNAL = new Set(["Scheduler.setPaused"]);

interface Found {
  readonly name: string;
  readonly declaration: Declaration;
}

/**
 * Every function, constructor and method of these entries that takes an object of options, such as `Scheduler.start`, read from
 * the sources; `folders` hold the types that they name.
 */
export function takersOfOptions(entries: readonly string[], folders: readonly string[]): string[] {
  types = typesIn(folders);
  const takers = entries.flatMap(exportsOf).flatMap(takersIn);
  return [...new Set(takers)].filter((name) => !INTERNAL.has(name)).sort();
}

const modules = new Map<string, readonly ModuleItem[]>();

function itemsOf(file: string): readonly ModuleItem[] {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const { body } = parseSync(readFileSync(file, "utf8"), { syntax: "typescript", target: "es2022" });
  modules.set(file, body);
  return body;
}

function exportsOf(file: string): Found[] {
  return itemsOf(file).flatMap((item) => {
    if (item.type === "ExportAllDeclaration") return exportsOf(beside(file, item.source.value));
    if (item.type === "ExportDeclaration") return foundIn(item.declaration);
    if (item.type !== "ExportNamedDeclaration" || !item.source?.value.startsWith(".")) return [];
    const exported = exportsOf(beside(file, item.source.value));
    const names = item.specifiers.map((specifier) => ("orig" in specifier ? specifier.orig.value : ""));
    return exported.filter(({ name }) => names.includes(name));
  });
}

function beside(file: string, source: string): string {
  return resolve(dirname(file), source.replace(/\.js$/, ".ts"));
}

function foundIn(declaration: Declaration): Found[] {
  if ("identifier" in declaration) return [{ name: declaration.identifier.value, declaration }];
  return "id" in declaration && "value" in declaration.id ? [{ name: declaration.id.value, declaration }] : [];
}

function takersIn({ name, declaration }: Found): string[] {
  if (declaration.type === "FunctionDeclaration") return takes(declaration.params) ? [name] : [];
  if (declaration.type === "TsInterfaceDeclaration" && !IMPLEMENTED.has(name))
    return declaration.body.body.flatMap((member) => {
      if (member.type !== "TsMethodSignature" || !("value" in member.key)) return [];
      return takes(member.params) ? [`${name}.${member.key.value}`] : [];
    });
  if (declaration.type !== "ClassDeclaration") return [];
  return declaration.body.flatMap((member) => {
    if (member.type === "Constructor") return takes(member.params) ? [`new ${name}`] : [];
    if (member.type !== "ClassMethod" || member.accessibility === "private" || !("value" in member.key)) return [];
    return takes(member.function.params) ? [`${name}.${member.key.value}`] : [];
  });
}

function takes(params: readonly (Param | TsParameterProperty | TsFnParameter)[]): boolean {
  return params.some((param) => isOptions(typeOf(param), new Set()));
}

function typeOf(param: Param | TsParameterProperty | TsFnParameter): TsType | undefined {
  if (param.type === "TsParameterProperty") return typeOfPattern(param.param);
  return typeOfPattern("pat" in param ? param.pat : param);
}

function typeOfPattern(pattern: Pattern | TsFnParameter): TsType | undefined {
  if (pattern.type === "AssignmentPattern") return typeOfPattern(pattern.left);
  return "typeAnnotation" in pattern
    ? (pattern.typeAnnotation as TsTypeAnnotation | undefined)?.typeAnnotation
    : undefined;
}

/** An object of which at least one property may be left out, wherever it stands in the type. */
function isOptions(type: TsType | undefined, seen: Set<string>): boolean {
  switch (type?.type) {
    case "TsTypeLiteral":
      return hasOptional(type.members);
    case "TsUnionType":
    case "TsIntersectionType":
      return type.types.some((part) => isOptions(part, seen));
    case "TsArrayType":
      return isOptions(type.elemType, seen);
    case "TsTupleType":
      return type.elemTypes.some(({ ty }) => isOptions(ty, seen));
    case "TsRestType":
    case "TsTypeOperator":
    case "TsParenthesizedType":
    case "TsOptionalType":
      return isOptions(type.typeAnnotation, seen);
    case "TsConditionalType":
      return isOptions(type.trueType, seen) || isOptions(type.falseType, seen);
    case "TsTypeReference":
      if ((type.typeParams?.params ?? []).some((part) => isOptions(part, seen))) return true;
      return "value" in type.typeName && isOptionsName(type.typeName.value, seen);
    default:
      return false;
  }
}

function isOptionsName(name: string, seen: Set<string>): boolean {
  if (NO_OPTIONS.has(name) || seen.has(name)) return false;
  seen.add(name);
  const declared = types.get(name);
  return Array.isArray(declared) ? hasOptional(declared) : isOptions(declared as TsType | undefined, seen);
}

function hasOptional(members: readonly TsTypeElement[]): boolean {
  return (
    members.every(({ type }) => type === "TsPropertySignature") &&
    members.some((member) => "optional" in member && member.optional)
  );
}

type Declared = TsType | readonly TsTypeElement[];

let types: ReadonlyMap<string, Declared> = new Map();

/** Interfaces and types of the sources by their names. */
function typesIn(folders: readonly string[]): ReadonlyMap<string, Declared> {
  const found = new Map<string, Declared>();
  for (const file of folders.flatMap(sourcesIn))
    for (const item of itemsOf(file)) {
      const declared = item.type === "ExportDeclaration" ? item.declaration : item;
      if (declared.type === "TsInterfaceDeclaration") found.set(declared.id.value, declared.body.body);
      if (declared.type === "TsTypeAliasDeclaration") found.set(declared.id.value, declared.typeAnnotation);
    }
  return found;
}

function sourcesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).map((name) => join(folder, name));
}
