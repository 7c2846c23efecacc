import { deadline } from "@headline/service/timing";
import { readPrometheusText, type Sample } from "./prometheus-text.js";

/** Samples of one process at one reading. */
export interface Scrape {
  /** Where it was read. */
  readonly source: string;
  readonly samples: readonly Sample[];
}

const BYTES_MAX = 4 * 1_024 * 1_024;

/** Reads all at once; what does not answer in time is missing. */
export async function scrapeAll(urls: readonly string[], withinMs: number): Promise<Scrape[]> {
  const scrapes = await Promise.allSettled(
    urls.map((url) => deadline(async (signal) => ({ source: url, samples: await scrape(url, signal) }), withinMs)),
  );
  return scrapes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

async function scrape(url: string, signal: AbortSignal): Promise<Sample[]> {
  const answer = await fetch(url, { signal, redirect: "error" });
  if (!answer.ok || Number(answer.headers.get("content-length") ?? 0) > BYTES_MAX)
    throw new Error(`answered ${answer.status}`);
  return readPrometheusText(await answer.text());
}
