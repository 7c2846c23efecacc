import type { Mysql } from "@headline/mysql";
import { loadArticles } from "@headline/newsroom/articles";
import type { ExplainedArticle, ExplainFeedResponse, Recommender } from "@headline/recommender";
import { asRefusal } from "@headline/service/errors";
import { type Html, html } from "@headline/service/html";
import type { Request, RequestHandler } from "express";
import { document } from "../http/document.js";
import { pageHeader } from "../http/page-header.js";

interface Deps {
  readonly explainer: Pick<Recommender, "explain">;
  readonly mysql: Mysql;
}

const USER_ID = /^-?(0|[1-9]\d{0,18})$/;
const CHANNEL_ID = /^(0|[1-9]\d{0,8})$/;
const EXPLAIN_MS = 5_000;

/** GET /explain?user_id&channel_id: why a reader's feed is as it is, every candidate with its sources, score and fate. */
export function explainPage({ explainer, mysql }: Deps): RequestHandler {
  return async (req, res) => {
    const userId = text(req, "user_id");
    const channelId = text(req, "channel_id") || "0";
    const problem = problemOf(userId, channelId);
    if (userId === "" || problem !== undefined)
      return document(res, problem === undefined ? 200 : 400, "Explain", page(form(userId, channelId, problem)));
    try {
      const request = { userId: BigInt(userId), channelId: Number(channelId), articleNum: 10 };
      const answer = await explainer.explain(request, { timeoutMs: EXPLAIN_MS });
      const titles = await titlesOf(mysql, answer);
      document(res, 200, "Explain", page(html`${form(userId, channelId)}${explanation(answer, titles)}`));
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      document(
        res,
        refusal.code === "INVALID_ARGUMENT" ? 400 : 503,
        "Explain",
        page(form(userId, channelId, refusal.message)),
      );
    }
  };
}

function text(req: Request, name: string): string {
  const value = req.query[name];
  return typeof value === "string" ? value.trim() : "";
}

function problemOf(userId: string, channelId: string): string | undefined {
  if (userId !== "" && !USER_ID.test(userId)) return "A reader is a number: positive for users, negative for guests.";
  return CHANNEL_ID.test(channelId) ? undefined : "A channel is a number.";
}

async function titlesOf(mysql: Mysql, { candidates }: ExplainFeedResponse): Promise<ReadonlyMap<bigint, string>> {
  if (candidates.length === 0) return new Map();
  const rows = await loadArticles(
    mysql,
    candidates.map(({ articleId }) => articleId),
    () => undefined, // its title is shown as that of one that is not published
  );
  return new Map([...rows].map(([id, { value }]) => [id, value?.title ?? "(not published)"]));
}

function page(content: Html): Html {
  return html`${pageHeader("explain")}<main><h1>Why a feed is as it is</h1>${content}</main>`;
}

function form(userId: string, channelId: string, problem?: string): Html {
  const alert = problem === undefined ? "" : html`<p class="problem" role="alert">${problem}</p>`;
  return html`${alert}<form class="row" action="/explain"><label>Reader<input name="user_id" value="${userId}" required placeholder="7, or -7 for a guest"></label>
<label>Channel<input name="channel_id" value="${channelId}"></label><button type="submit">Explain</button></form>`;
}

function explanation(answer: ExplainFeedResponse, titles: ReadonlyMap<bigint, string>): Html {
  const { algo, bucket, clicksLearned, learnedUpTo, candidates, interests } = answer;
  const chips = interests.map(
    ({ kind, name, weight }) => html`<li>${kind} <strong dir="auto">${name}</strong> ${number(weight)}</li>`,
  );
  return html`<p>Ranking <strong>${algo}</strong>, bucket ${bucket}; learnt from ${clicksLearned} clicks, up to event ${learnedUpTo}.</p>
<h2>Drawn to</h2>${chips.length === 0 ? html`<p>Nothing is known yet.</p>` : html`<ul class="chips">${chips}</ul>`}
<h2>Candidates</h2>
<table class="cards"><thead><tr><th class="number">Place</th><th>Article</th><th>Sources</th><th class="number">Score</th><th>Made of</th><th>Dropped by</th></tr></thead>
<tbody>${candidates.map((candidate) => row(candidate, titles))}</tbody></table>`;
}

function row(
  { articleId, sources, score, parts, measures, position, droppedBy }: ExplainedArticle,
  titles: ReadonlyMap<bigint, string>,
): Html {
  const made = Object.entries(parts).map(([name, value]) => `${name} ${number(value)}`);
  const measured = Object.entries(measures).map(([name, value]) => `${name} ${number(value)}`);
  const details =
    measured.length === 0
      ? ""
      : html`<details><summary>measures</summary><code>${measured.join(", ")}</code></details>`;
  const place = position === 0 ? "" : String(position);
  return html`<tr class="${position === 0 ? "out" : "in"}"><td class="number" data-label="Place">${place}</td><td class="wide"><bdi>${titles.get(articleId) ?? "?"}</bdi> <small>${articleId}</small></td><td data-label="Sources">${sources.join(", ")}</td><td class="number" data-label="Score">${sources.length === 0 ? "" : number(score)}</td><td class="wide" data-label="Made of">${made.join(" + ")}${details}</td><td data-label="Dropped by">${droppedBy}</td></tr>`;
}

function number(value: number): string {
  return value.toFixed(2);
}
