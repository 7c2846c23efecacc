import { describe, expect, test } from "@jest/globals";
import { type HiddenArticle, inventArticle } from "./articles.js";
import { createChance } from "./chance.js";
import { clickRate, emptyRound, type Round, summaryOf } from "./measures.js";
import { readOptions } from "./options.js";
import { eventsOf } from "./page-events.js";
import { plotSvg } from "./plot.js";
import { Reading } from "./reading.js";
import { oracleFeed, popularityFeed } from "./rival-feeds.js";
import { clickProbability, inventTaste } from "./tastes.js";
import { TOPICS } from "./topics.js";

const chance = createChance(1);
const articles = Array.from({ length: 300 }, (_, key) => inventArticle(key, TOPICS, chance));

describe("what is hidden", () => {
  test("is the same for the same seed, and another for another", () => {
    const made = (seed: number) => [
      inventTaste(7, TOPICS, createChance(seed)),
      inventArticle(7, TOPICS, createChance(seed)),
    ];
    expect(made(1)).toEqual(made(1));
    expect(made(1)).not.toEqual(made(2));
  });

  test("is one to three topics a reader, some topics rather than others", () => {
    const tastes = Array.from({ length: 2_000 }, (_, reader) => inventTaste(reader, TOPICS, chance));
    expect(new Set(tastes.map(({ topics }) => topics.size))).toEqual(new Set([1, 2, 3]));
    const fans = TOPICS.map((topic) => tastes.filter(({ topics }) => topics.has(topic)).length);
    expect(Math.min(...fans)).toBeGreaterThan(20);
    expect(Math.max(...fans)).toBeGreaterThan(2.5 * Math.min(...fans));
  });

  test("makes articles of a favoured topic likely to be clicked, and those that were hardly", () => {
    const taste = inventTaste(3, TOPICS, chance);
    const mean = (some: readonly HiddenArticle[], clicked = false) =>
      some.reduce((sum, article) => sum + clickProbability(taste, article, { clicked }), 0) / some.length;
    const favoured = articles.filter(({ topic }) => topic !== undefined && taste.topics.has(topic));
    const others = articles.filter(({ channelId }) => !taste.channels.has(channelId));
    expect(mean(favoured)).toBeGreaterThan(5 * mean(others));
    expect(mean(favoured, true)).toBeLessThan(0.1 * mean(favoured));
  });

  test("titles name their words", () => {
    for (const { title, words } of articles) for (const word of words) expect(title).toContain(word);
  });
});

describe("a reader", () => {
  test("looks at the first article of each page and at the last ones seldom", () => {
    const reading = new Reading(inventTaste(1, TOPICS, chance), chance);
    const page = articles.slice(0, 10);
    const looked = Array.from({ length: 300 }, (_, round) => reading.look(page, round).map(({ article }) => article));
    expect(looked.filter((some) => some.includes(page[0] as HiddenArticle))).toHaveLength(300);
    const last = looked.filter((some) => some.includes(page[9] as HiddenArticle)).length;
    expect(last).toBeGreaterThan(60);
    expect(last).toBeLessThan(130);
  });

  test("tells what they looked at with the page's token, and of each click with the article's", () => {
    const [first, second] = articles as [HiddenArticle, HiddenArticle];
    const trace = { click: "c", read: "r", liking: "l" };
    const shown = [first, second].map((article) => {
      return { article, served: { article_id: `${article.key}`, title: "", channel_id: "1", trace } };
    });
    const look = { article: second, clicked: true, readMs: 9, liked: true, disliked: false };
    const visit = { shown, exposure: "e", looks: [look], mayLike: false, nowMs: 5 };
    expect(eventsOf(visit)).toMatchObject([
      { type: "exposure", token: "e", ts: 5, article_ids: [`${second.key}`] },
      { type: "click", token: "c" },
      { type: "read", token: "r", duration_ms: 9 },
    ]);
    expect(eventsOf({ ...visit, mayLike: true }).map(({ type }) => type)).toContain("liking");
    expect(eventsOf({ ...visit, exposure: "" })).toEqual([]);
  });
});

describe("a rival feed", () => {
  const reader = (index: number) => inventTaste(index, TOPICS, chance);
  const keys = (page: readonly HiddenArticle[]) => page.map(({ key }) => key);

  test("by popularity shows what was clicked most, then the newest, and nothing twice", () => {
    const feed = popularityFeed();
    const [a, b, c, d] = articles as [HiddenArticle, HiddenArticle, HiddenArticle, HiddenArticle];
    for (const article of [a, b, c]) feed.add(article);
    for (const article of [a, a, b]) feed.clicked(article);
    feed.add(d);
    expect(keys(feed.page(reader(1), 3))).toEqual(keys([a, b, d]));
    expect(keys(feed.page(reader(1), 3))).toEqual(keys([c]));
    feed.clicked(c);
    feed.clicked(c);
    feed.clicked(c);
    expect(keys(feed.page(reader(2), 4))).toEqual(keys([c, a, b, d]));
  });

  test("that knows everything shows each reader their likeliest clicks first", () => {
    const feed = oracleFeed();
    for (const article of articles) feed.add(article);
    const likely = [...feed.page(reader(1), 5), ...feed.page(reader(1), 5)].map((article) =>
      clickProbability(reader(1), article, { clicked: false }),
    );
    expect(likely).toEqual([...likely].sort((a, b) => b - a));
    expect(keys(feed.page(reader(2), 5))).not.toEqual(keys(feed.page(reader(3), 5)));
  });
});

describe("the figures", () => {
  const round = (ours: number): Round => ({
    ours: { pages: 1, looks: 100, clicks: ours },
    popularity: { pages: 1, looks: 100, clicks: 10 },
    oracle: { pages: 1, looks: 100, clicks: 50 },
  });
  const rounds = [10, 20, 30].map(round);

  test("weigh each look alike, and say where ours stands between the others", () => {
    expect(clickRate(rounds, "ours")).toBeCloseTo(0.2);
    expect(summaryOf(rounds).overPopularity).toBeCloseTo(3);
    expect(summaryOf(rounds).overOracle).toBeCloseTo(0.6);
    expect(summaryOf(rounds).shareOfPossibleGain).toBeCloseTo(0.5);
  });

  test("become a picture with a line for each feed, also when nobody looked", () => {
    const svg = plotSvg(rounds, "2 < 3 readers & more");
    expect(svg.match(/<polyline /g)).toHaveLength(3);
    expect(svg).toContain("2 &lt; 3 readers &amp; more");
    expect(plotSvg([emptyRound(), ...rounds], "")).not.toContain("NaN");
    expect(plotSvg([emptyRound()], "")).not.toMatch(/NaN|Infinity/);
  });
});

test.each([
  [["--readers", "0"], /--readers must be a whole number from 1 to 20000, not "0"/],
  [["--rounds", "two"], /--rounds .*"two"/],
  [["--pace", "-1"], /--pace/],
  [["--url", "localhost"], /--url must be an address/],
  [["--json", ""], /--json/],
  [["--sed", "3"], /--sed/],
])("options %j are refused by name", (args, message) => {
  expect(() => readOptions(args, "plot.svg")).toThrow(message);
});

test("options have defaults, and numbers may be grouped", () => {
  expect(readOptions(["--readers", "1,000", "--url", "http://localhost:3000/"], "p.svg")).toMatchObject({
    readers: 1_000,
    rounds: 30,
    url: "http://localhost:3000",
    plot: "p.svg",
  });
});
