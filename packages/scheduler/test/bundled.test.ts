import { expect, test } from "@jest/globals";
import { build } from "esbuild";

test("a program that is bundled reads the stored jobs of every(), although it does not import every()", async () => {
  const contents = `
    import { triggerFromJSON } from "@headline/scheduler";
    export const text = String(triggerFromJSON({ kind: "every", interval: 10, unit: "minutes" }));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: "cjs",
    platform: "node",
    conditions: ["headline-source"],
    write: false,
    logLevel: "error", // import.meta is empty in this format, and not used here
  });
  const program = { exports: {} as { readonly text?: string } };
  new Function("module", "require", outputFiles[0]!.text)(program, process.getBuiltinModule);
  expect(program.exports.text).toBe("every[10 minutes]");
});
