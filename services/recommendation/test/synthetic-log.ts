import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@headline/ranking";

export interface SyntheticLog {
  readonly impressions: string[][];
  readonly history: string[][];
  readonly articles: string[][];
}

const START_SECONDS = 1_738_220_400;
const READERS = 40;
const ARTICLES = 120;

/** A small site from a seed: articles come out all the time, each with an appeal of its own, and readers click the appealing and new. */
export function syntheticLog({ seed = 1, lists = 400, hours = 48 } = {}): SyntheticLog {
  const random = seededRandom(seed);
  const appeal = Array.from({ length: ARTICLES }, () => random() * 3);
  const out = (article: number) => START_SECONDS - 24 * 3600 + (article / ARTICLES) * (hours + 24) * 3600;
  const impressions: string[][] = [];
  for (let n = 0; n < lists; n++) {
    const time = START_SECONDS + Math.floor((n / lists) * hours * 3600);
    const known = appeal.map((_, article) => article).filter((article) => out(article) <= time);
    const inview = [
      ...new Set(Array.from({ length: 5 + Math.floor(random() * 8) }, () => pick(known.slice(-40), random))),
    ];
    const best = inview.toSorted((a, b) => appeal[b]! + random() - appeal[a]! - random())[0]!;
    const current = random() < 0.3 ? String(1000 + pick(known, random)) : "";
    impressions.push([
      String(n + 1),
      String(1 + Math.floor(random() * READERS)),
      String(time),
      current,
      inview.map((article) => 1000 + article).join(" "),
      String(1000 + best),
      String(1 + Math.floor(random() * 2)),
      "0",
      "1",
      String(Math.floor(random() * 90)),
      "",
    ]);
  }
  const history = Array.from({ length: lists }, () => [
    String(1 + Math.floor(random() * READERS)),
    String(START_SECONDS - 1 - Math.floor(random() * 24 * 3600)),
    String(1000 + Math.floor(random() * 40)),
    String(Math.floor(random() * 90)),
    "",
  ]);
  const articles = appeal.map((_, article) => [String(1000 + article), String(200 + Math.floor(random() * 900)), "0"]);
  return { impressions, history, articles };
}

/** Writes a log as a directory the evaluation reads. */
export function writeLog(directory: string, { impressions, history, articles }: SyntheticLog): string {
  mkdirSync(directory, { recursive: true });
  const table = (name: string, heading: string, rows: string[][]) =>
    writeFileSync(join(directory, name), `${[heading, ...rows.map((row) => row.join("\t"))].join("\n")}\n`);
  const columns =
    "impression_id user_id time current_article inview clicked device subscriber session_id next_read_time next_scroll";
  table("impressions.tsv", columns.replaceAll(" ", "\t"), impressions);
  table("history.tsv", "user_id\ttime\tarticle_id\tread_time\tscroll", history);
  table("articles.tsv", "article_id\tlength\tpremium", articles);
  return directory;
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)]!;
}
