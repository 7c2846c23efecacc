import { expect, test } from "@jest/globals";
import { readOptions } from "./options.js";

test("the command line is read", () => {
  const args = ["--train", "a", "--test", "b", "--train-days", "5", "--full-pool", "--json", "out.json"].concat([
    "--without",
    "layout,place",
    "--sample",
    "3",
  ]);
  expect(readOptions(args)).toEqual({
    train: "a",
    test: "b",
    trainDays: 5,
    days: undefined,
    fullPool: true,
    sample: 3,
    without: ["layout", "place"],
    json: "out.json",
    plot: ".data/evaluate.svg",
    seed: 1,
    seeds: 1,
  });
});

test.each([
  [["--test", "b"], "--train is missing"],
  [["--train", "a"], "--test is missing"],
  [["--train", "a", "--test", "b", "--train-days", "many"], '--train-days must be a number, at least 0, not "many"'],
  [["--train", "a", "--test", "b", "--nonsense"], "--nonsense"],
  [["--train"], "--train"],
  [["--train", "a", "--test", "b", "--without", "magic"], 'not "magic"'],
])("%j is refused, naming the option", (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
