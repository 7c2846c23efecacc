/**
 * Brings the schema of MYSQL_URL up to date, and loads the sample where there is nothing to read yet (not with
 * NODE_ENV=production: its authors have a password that everybody knows). For a deployment, before its services start.
 */
import { readConfig } from "@headline/config";
import { z } from "zod";
import { endWith } from "./lib/expected-failure.mjs";
import { prepareDatabase } from "./lib/prepare-database.mjs";
import { tell } from "./lib/terminal.mjs";

const Environment = z.object({ MYSQL_URL: z.string(), NODE_ENV: z.string().optional() });

try {
  const { MYSQL_URL: mysqlUrl, NODE_ENV: environment } = readConfig(Environment, process.env);
  await prepareDatabase({ mysqlUrl, wantsSample: environment !== "production", onProgress: tell });
  tell("the database is ready");
  process.exit(0);
} catch (error) {
  endWith(error);
}
