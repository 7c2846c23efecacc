import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { readConfig } from "./index.js";

const PACKAGE = fileURLToPath(new URL("./index.ts", import.meta.url));

describe("configuration", () => {
  test("the README's example holds: values are typed, and empty is missing", () => {
    const Environment = z.object({ PORT: z.coerce.number().int().default(3_000), MYSQL_URL: z.string() });
    expect(readConfig(Environment, { MYSQL_URL: "mysql://localhost/headline", PORT: "" })).toEqual({
      PORT: 3_000,
      MYSQL_URL: "mysql://localhost/headline",
    });
    expect(readConfig(Environment, { MYSQL_URL: "x", PORT: "81" }).PORT).toBe(81);
  });

  test("that is not usable ends the process with the names of what is wrong, and not with their values", () => {
    const program = `import { z } from "zod"; import { readConfig } from ${JSON.stringify(PACKAGE)};
      readConfig(z.object({ PORT: z.coerce.number(), JWT_SECRET: z.string().min(32), MYSQL_URL: z.string() }), process.env);`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--conditions=headline-source", "--input-type=module", "-e", program],
      {
        env: { PATH: process.env["PATH"], PORT: "many", JWT_SECRET: "a short secret" },
        encoding: "utf8",
        cwd: fileURLToPath(new URL(".", import.meta.url)),
      },
    );
    expect(status).toBe(1);
    for (const name of ["PORT", "JWT_SECRET", "MYSQL_URL"]) expect(stderr).toContain(name);
    expect(stderr).not.toContain("a short secret");
  });
});
