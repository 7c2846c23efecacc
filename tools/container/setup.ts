/**
 * Brings the schema of MYSQL_URL up to date, and loads the sample where there is nothing to read yet (not with
 * NODE_ENV=production). The demo accounts keep the password of the repository only where HOST is loopback. For a deployment, before its
 * services start.
 */
import { host, isLoopback, mysqlUrl, readConfig } from "@headline/service/config";
import { z } from "zod";
import { prepareDatabase } from "../launcher/prepare-database.js";
import { commandLine } from "../lib/command-line.js";
import { endWith } from "../lib/expected-failure.js";
import { say } from "../lib/terminal.js";

commandLine({
  usage:
    "node tools/dist/setup.js\n\nBrings the schema of MYSQL_URL up to date, and loads the sample where there is nothing.",
});

const Environment = z.object({
  MYSQL_URL: mysqlUrl,
  NODE_ENV: z.string().optional(),
  /** Where readers reach the gateways. */
  HOST: host.default("0.0.0.0"),
});

try {
  const config = readConfig(Environment, process.env);
  await prepareDatabase({
    mysqlUrl: config.MYSQL_URL,
    wantsSample: config.NODE_ENV !== "production",
    isOpen: !isLoopback(config.HOST),
    onProgress: say,
  });
  say("the database is ready");
  process.exit(0);
} catch (error) {
  endWith(error);
}
