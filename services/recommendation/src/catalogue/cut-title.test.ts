import { describe, expect, test } from "@jest/globals";
import { cutPairs, cutTitle, TITLE_WORDS_MAX } from "./cut-title.js";
import { loadJieba } from "./load-jieba.js";
import { wordNumber } from "./word-number.js";

const unexpected = (error: unknown) => {
  throw error;
};

describe("cutTitle", () => {
  test("Chinese is cut by jieba's dictionary, and what every title says is left out", async () => {
    const jieba = await loadJieba(unexpected);
    expect(cutTitle("家用机器人学会叠毛巾，花了一千四百个小时", jieba)).toEqual([
      "家用",
      "机器人",
      "学会",
      "毛巾",
      "一千四百",
      "小时",
    ]);
    expect(cutTitle("为什么我们还是没有5G手机？", jieba)).toEqual(["5g", "手机"]);
  });

  test("other languages are cut at what is no letter, in lower case, each word once", () => {
    expect(cutTitle("The Wi-Fi of TOMORROW: Ｗｉ-Fi, naïve & 2024, x", cutPairs)).toEqual([
      "wi",
      "fi",
      "tomorrow",
      "naïve",
    ]);
  });

  test("where jieba cannot be loaded, pairs of characters stand for words", async () => {
    const missing: unknown[] = [];
    const cut = await loadJieba(
      (error) => missing.push(error),
      () => Promise.reject(new Error("not built for this platform")),
    );
    expect(missing).toHaveLength(1);
    expect(cutTitle("机器人 robot 人", cut)).toEqual(["机器", "器人", "robot"]);
    expect(cutTitle("𠀀𠀁", cut)).toEqual(["𠀀𠀁"]);
  });

  test("a title has no more words than there are places", () => {
    expect(cutTitle("alpha beta gamma delta epsilon zeta eta theta iota kappa", cutPairs)).toHaveLength(
      TITLE_WORDS_MAX,
    );
    expect(cutTitle("", cutPairs)).toEqual([]);
  });
});

test("the number of a word is the same for ever, because snapshots hold it", () => {
  expect(["", "机器人", "robot"].map(wordNumber)).toEqual([-1421968373, 1430395797, 1828356270]);
});
