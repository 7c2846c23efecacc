import { createInterface } from "node:readline";
import { dim, red, yellow } from "../lib/terminal.mjs";

const LEVELS = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
const NOT_SHOWN = new Set(["level", "time", "pid", "hostname", "name", "msg", "err"]);
const TAIL_LINES = 20;

/** Shows what a service writes, its JSON made readable, and keeps the last lines. */
export function showLines(name, streams) {
  const tail = [];
  for (const stream of streams) {
    createInterface({ input: stream }).on("line", (line) => {
      const text = readable(line);
      tail.push(text);
      if (tail.length > TAIL_LINES) tail.shift();
      process.stdout.write(`${dim(name.padEnd(15))} ${text}\n`);
    });
  }
  return tail;
}

function readable(line) {
  const entry = parse(line);
  if (entry === undefined) return line;
  const fields = Object.entries(entry).filter(([key]) => !NOT_SHOWN.has(key));
  const words = [
    clock(entry.time),
    colored(entry.level),
    entry.msg ?? "",
    ...fields.map(([key, value]) => dim(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)),
    entry.err === undefined
      ? ""
      : `: ${entry.level >= 50 ? (entry.err.stack ?? entry.err.message) : entry.err.message}`,
  ];
  return words.filter((word) => word !== "").join(" ");
}

function parse(line) {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry.level === "number" ? entry : undefined;
  } catch {
    return undefined; // some other text that starts with a brace
  }
}

function clock(time) {
  return dim(new Date(time).toTimeString().slice(0, 8));
}

function colored(level) {
  const name = (LEVELS[level] ?? String(level)).padEnd(5);
  if (level >= 50) return red(name);
  return level >= 40 ? yellow(name) : name;
}
