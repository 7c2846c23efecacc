/**
 * `npm run docs`: writes the API of the published packages to docs/api, which is not committed. `--check` writes nothing and fails
 * on an export without a sentence.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { kitProgram } from "./kit.js";
import { publishedPackages } from "./published.js";

const { values } = commandLine({
  usage:
    "npm run docs [-- --check]\n\nThe API of the published packages in docs/api; with --check only that every export has a sentence.",
  options: { check: { type: "boolean", default: false } },
});

interface Reflection {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
  readonly comment?: object;
  readonly signatures?: readonly Reflection[];
  readonly children?: readonly Reflection[];
}
interface Project {
  readonly children: readonly Reflection[];
  readonly symbolIdMap: Readonly<Record<number, { readonly packageName: string; readonly packagePath: string }>>;
}

/** Kind of an export that is another entry's. */
const REFERENCE = 4_194_304;
const CACHE = join(root, "node_modules/.cache/api");
const JSON_FILE = join(CACHE, "api.json");
const entryPoints = publishedPackages().flatMap(({ folder, manifest }) =>
  Object.values(manifest.exports ?? {}).map((entry) => join(root, folder, entry["headline-source"])),
);

mkdirSync(CACHE, { recursive: true });
const tsconfig = write("tsconfig.json", {
  extends: join(root, "tsconfig.base.json"),
  compilerOptions: {
    noEmit: true,
    customConditions: ["headline-source"],
    typeRoots: [join(root, "node_modules/@types")],
  },
  files: entryPoints,
});
const options = write("typedoc.json", {
  name: "Headline",
  entryPoints,
  tsconfig,
  readme: "none",
  outputs: [
    { name: "json", path: JSON_FILE },
    ...(values.check ? [] : [{ name: "html", path: join(root, "docs/api") }]),
  ],
  skipErrorChecking: true, // `npm run types` checks them, with the compiler that the packages are built with
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  logLevel: "Warn",
  validation: { notExported: false, invalidLink: true, rewrittenLink: false, notDocumented: false },
  treatValidationWarningsAsErrors: true,
});

const { status } = spawnSync(process.execPath, [kitProgram("typedoc"), "--options", options], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
const missing = undocumented(JSON.parse(readFileSync(JSON_FILE, "utf8")) as Project);
for (const name of missing) process.stderr.write(`${name} is exported without a sentence\n`);
process.exit(missing.length === 0 ? 0 : 1);

/** Exports without a doc comment; generated files are left out, their comments are those of the .proto and of the schemas. */
function undocumented({ children, symbolIdMap }: Project): readonly string[] {
  return children.flatMap((entry) =>
    (entry.children ?? [])
      .filter((exported) => !isDocumented(exported))
      .map(({ id, name }) => ({ name, file: `${symbolIdMap[id]?.packageName}/${symbolIdMap[id]?.packagePath}` }))
      .filter(({ file }) => file.startsWith("@headline/") && !file.includes("/gen/"))
      .map(({ name, file }) => `${name} of ${file}`),
  );
}

/** The comment of a function is that of its signatures; a reference is documented where it points to. */
function isDocumented({ comment, signatures, kind }: Reflection): boolean {
  return (
    kind === REFERENCE ||
    comment !== undefined ||
    (signatures ?? []).some((signature) => signature.comment !== undefined)
  );
}

function write(file: string, content: object): string {
  const path = join(CACHE, file);
  writeFileSync(path, JSON.stringify(content, undefined, 2));
  return path;
}
