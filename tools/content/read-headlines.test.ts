import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import { cleanTitle, readHeadlines } from "./read-headlines.js";

const HEADER = "id\tsource\tcategory_code\tcategory\ttitle\tkeywords";
const folder = mkdtempSync(join(tmpdir(), "headline-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a file of headlines", () => {
  test("may be gzipped, whatever its name", async () => {
    const text = `${HEADER}\n1\tsite\t103\t体育\t球赛今晚开始\t球赛,今晚\n`;
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const { headlines, categoryNames } = await readHeadlines(fileWith(bytes));
      expect(headlines).toEqual([
        { title: "球赛今晚开始", source: "site", keywords: ["球赛", "今晚"], channelId: 103 },
      ]);
      expect([...categoryNames]).toEqual([[103, "体育"]]);
    }
  });

  test("may have its columns in another order, more of them, a byte order mark and CRLF", async () => {
    const { headlines } = await readHeadlines(
      fileWith("\ufefftitle\tkeywords\tx\tcategory\tcategory_code\tsource\r\nT\t\t9\t\t\ts\r\n"),
    );
    expect(headlines).toEqual([{ title: "T", source: "s", keywords: [], channelId: 0 }]);
  });

  test("has its long and dirty titles cleaned, its empty ones skipped, and both counted", async () => {
    const { headlines, cleaned, skipped } = await readHeadlines(
      fileWith(`${HEADER}\n1\ts\t\t\t${"长".repeat(150)}\t\n2\ts\t\t\ta\u0007b\t\n3\ts\t\t\t  \t\n`),
    );
    expect(headlines.map(({ title }) => title)).toEqual([`${"长".repeat(99)}…`, "a b"]);
    expect({ cleaned, skipped }).toEqual({ cleaned: 2, skipped: 1 });
  });

  test.each([
    ["", /line 1 must name the columns/],
    [HEADER, /no headlines/],
    ["id,title\n1,x\n", /commas and no tabs/],
    ["id\ttitle\n1\tx\n", /line 1 .*"source", "category_code", "category", "keywords" missing/],
    [`${HEADER}\n1\ts\t100\tx\tT\t\n2\ts\n`, /line 3 has 2 columns where line 1 names 6/],
    [`${HEADER}\n1\ts\tsports\tx\tT\t\n`, /line 2, column category_code: "sports" is not a number/],
    ["\0\0\0\n", /not text/],
  ])("that is none is refused by line and column: %j", async (text, message) => {
    await expect(readHeadlines(fileWith(text))).rejects.toThrow(message);
  });

  test("that ends in the middle of its gzip is refused", async () => {
    const whole = gzipSync(`${HEADER}\n${"1\ts\t\t\tT\t\n".repeat(1_000)}`);
    await expect(readHeadlines(fileWith(whole.subarray(0, whole.length / 2)))).rejects.toThrow(/unexpected end/);
  });
});

test("a title is counted in characters as readers count them", () => {
  expect(cleanTitle("😀".repeat(100))).toBe("😀".repeat(100));
  expect([...cleanTitle("😀".repeat(101))]).toHaveLength(100);
});

let files = 0;

function fileWith(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `${files}.tsv`);
  writeFileSync(path, content);
  return path;
}
