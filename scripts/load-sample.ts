/** Loads sample/ into the database of MYSQL_URL, whose schema is current: `node --conditions=source --import tsx scripts/load-sample.ts`. */
import { loadSample } from "./content/sample.js";

const url = process.env["MYSQL_URL"];
if (url === undefined || url === "") {
  process.stderr.write("MYSQL_URL is not set\n");
  process.exit(1);
}
const startedAt = performance.now();
const { articles, authors, readers } = await loadSample(url);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
process.stdout.write(`sample: ${articles} articles by ${authors} authors, with ${readers} readers, in ${seconds} s\n`);
