import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CutHan, cutPairs } from "./cut-title.js";

const CHUNK_BYTES = 20_000;

/**
 * Words by jieba's dictionary, 4 µs a title; 54 MB. It is taken in piece by piece, a millisecond each but for two or three of
 * 40 ms, when its trie grows. On platforms that jieba was not built for, pairs of characters stand for words.
 */
export async function loadJieba(onMissing: (error: unknown) => void, open = openJieba): Promise<CutHan> {
  try {
    return await open();
  } catch (error) {
    onMissing(error);
    return cutPairs;
  }
}

let opened: Promise<CutHan> | undefined;

/** Shared by the process: the dictionary is large. */
function openJieba(): Promise<CutHan> {
  opened ??= readDictionary();
  return opened;
}

async function readDictionary(): Promise<CutHan> {
  const { Jieba } = await import("@node-rs/jieba");
  const dictionary = await readFile(createRequire(import.meta.url).resolve("@node-rs/jieba/dict.txt"));
  const jieba = new Jieba();
  for (let from = 0; from < dictionary.length; ) {
    const newline = dictionary.indexOf("\n", from + CHUNK_BYTES);
    const end = newline < 0 ? dictionary.length : newline + 1;
    jieba.loadDict(dictionary.subarray(from, end));
    from = end;
    await nextTurn();
  }
  return (run) => jieba.cut(run, true);
}
