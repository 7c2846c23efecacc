/** Loads sample/ into the database of MYSQL_URL, whose schema is current: `node --conditions=headline-source --import tsx tools/content/load-sample.ts`. */
import { mysqlUrl, readConfig } from "@headline/service/config";
import { z } from "zod";
import { loadSample } from "./sample.js";

const { MYSQL_URL: url } = readConfig(z.object({ MYSQL_URL: mysqlUrl }), process.env);
const startedAt = performance.now();
const { articles, authors, readers } = await loadSample(url);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
process.stdout.write(`sample: ${articles} articles by ${authors} authors, with ${readers} readers, in ${seconds} s\n`);
