import { describe, expect, test } from "@jest/globals";
import { formatCrontab } from "./format-crontab.js";
import { parseCrontab } from "./parse-crontab.js";

const messages = (text: string, options = {}) => parseCrontab(text, options).errors.map(({ message }) => message);

describe("parseCrontab", () => {
  test("reads comments, variables, names, percent signs and CRON_TZ", () => {
    const { entries, errors, warnings } = parseCrontab(
      [
        "# nightly work",
        "SHELL=/bin/bash",
        "  NAME = 'two  words '  ",
        "",
        "0 3,6 * * *\t/usr/bin/backup --all",
        "CRON_TZ=Asia/Tokyo",
        'SHELL="/bin/sh"',
        "@daily mail -s '50\\% off' alice%Dear Alice,%%50\\% off!",
        "@reboot warm-up # not a comment",
        "",
      ].join("\n"),
    );
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(entries).toMatchObject([
      {
        line: 5,
        schedule: "0 3,6 * * *",
        command: "/usr/bin/backup --all",
        stdin: undefined,
        environment: { SHELL: "/bin/bash", NAME: "two  words " },
        timezone: undefined,
      },
      {
        line: 8,
        schedule: "@daily",
        command: "mail -s '50% off' alice",
        stdin: "Dear Alice,\n\n50% off!\n",
        environment: { SHELL: "/bin/sh", NAME: "two  words " },
        timezone: "Asia/Tokyo",
      },
      { line: 9, schedule: "@reboot", command: "warm-up # not a comment" },
    ]);
    expect(new Date(entries[1]!.trigger.next(null, Date.UTC(2026, 0, 5))!).toISOString()).toBe(
      "2026-01-05T15:00:00.000Z",
    );
    expect(entries[2]!.trigger.kind).toBe("reboot");
  });

  test("RANDOM_DELAY delays the lines below by up to so many minutes", () => {
    const text = "0 1 * * * a\nRANDOM_DELAY=30\n0 2 * * * b\n@daily c\nRANDOM_DELAY=0\n0 3 * * * d\n";
    const { entries, errors, warnings } = parseCrontab(text, { timezone: "UTC" });
    expect([errors, warnings]).toEqual([[], []]);
    const half = entries.map(({ trigger }) => trigger.next(null, Date.UTC(2026, 0, 5), () => 0.5)!);
    expect(half.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(["01:00", "02:15", "00:15", "03:00"]);
  });

  test("a RANDOM_DELAY that is no number of minutes, and what only other crons read, are errors at their columns", () => {
    expect(messages("RANDOM_DELAY=1h\n@every 5m a\n0/15 * * * * b\n")).toEqual([
      'crontab:1: RANDOM_DELAY: must be a whole number of minutes, is "1h" (column 14)',
      expect.stringMatching(/^crontab:2: unknown name, .*; write fields, such as .*\(column 1\)$/),
      'crontab:3: minute: "0/15" has a step but no range; write 0-59/15 (column 1)',
    ]);
  });

  test("a sixth field is the command to cron, with a warning", () => {
    const { entries, warnings } = parseCrontab("0 */5 * * * * backup\n");
    expect(entries).toMatchObject([{ schedule: "0 */5 * * *", command: "* backup" }]);
    expect(warnings).toMatchObject([{ line: 1, column: 13, message: expect.stringContaining("five fields") }]);
  });

  test("a range the wrong way round stays what it is to cron, with a warning", () => {
    const { errors, warnings } = parseCrontab("0 9,22-2 * * * a\n");
    expect(errors).toEqual([]);
    expect(warnings).toMatchObject([{ line: 1, message: expect.stringContaining("write 22-23,0-2") }]);
  });

  test("a system table has a user field", () => {
    const { entries } = parseCrontab("17 * * * *  root\tcd / && run-parts /etc/cron.hourly\n@hourly alice date\n", {
      system: true,
    });
    expect(entries).toMatchObject([
      { user: "root", command: "cd / && run-parts /etc/cron.hourly" },
      { user: "alice", schedule: "@hourly", command: "date" },
    ]);
  });

  test("the user and the zone it is given are those of its entries", () => {
    const { entries } = parseCrontab("0 0 * * * date\n", { user: "alice", timezone: "Asia/Tokyo" });
    expect(entries[0]!.user).toBe("alice");
    expect(new Date(entries[0]!.trigger.next(null, Date.UTC(2026, 0, 5))!).toISOString()).toBe(
      "2026-01-05T15:00:00.000Z",
    );
  });

  test.each([
    ["61 * * * * date", "crontab:1: minute: 61 is not between 0 and 59 (column 1)"],
    ["  0 24 * * * date", "crontab:1: hour: 24 is not between 0 and 23 (column 5)"],
    ["0 0 1,32 * * date", "crontab:1: day: 32 is not between 1 and 31 (column 7)"],
    ["0 0 * foo * date", 'crontab:1: month: "foo" is no name of this field (column 7)'],
    ["0 0 * * 8 date", "crontab:1: day_of_week: 8 is not between 0 and 7 (column 9)"],
    ["5/15 * * * * date", 'crontab:1: minute: "5/15" has a step but no range; write 5-59/15 (column 1)'],
    [
      "0 0 * *",
      "crontab:1: five fields (or a name such as @daily) and a command are needed, here are 4 words (column 1)",
    ],
    ["0 0 * * *", "crontab:1: command: it is missing (column 10)"],
    ["@daily", "crontab:1: command: it is missing (column 7)"],
    [
      "@fortnightly date",
      "crontab:1: unknown name, known are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly (column 1)",
    ],
    ["MAILTO=", 'crontab:1: environment: an empty value needs quotes: MAILTO="" (column 8)'],
    ['A = "b', "crontab:1: environment: the closing quote is missing (column 5)"],
    ['A = "b" c', "crontab:1: environment: there is text behind the closing quote (column 5)"],
    ['"" = b', "crontab:1: environment: a variable needs a name (column 1)"],
    ["CRON_TZ=Mars/Base", 'crontab:1: CRON_TZ: unknown time zone "Mars/Base" (column 9)'],
    ["0 0 * * * a\0b", "crontab:1: there is a NUL character in the line (column 12)"],
    [`0 0 * * * ${"x".repeat(131_072)}`, "crontab:1: the line is longer than 131071 characters (column 131072)"],
  ])("%.30j is an error that names line and column", (line, message) => {
    expect(messages(`${line}\n`)).toEqual([message]);
  });

  test("a system line without its user or command is an error", () => {
    const missing = ["crontab:1: user: the user and the command are missing (column 10)"];
    expect(messages("0 0 * * *\n", { system: true })).toEqual(missing);
    expect(messages("0 0 * * * root\n", { system: true })).toEqual(["crontab:1: command: it is missing (column 15)"]);
  });

  test("every error of the table is reported, each with its line", () => {
    expect(messages("60 * * * * a\n# fine\n0 0 * * * b\n* * * * 9 c\n")).toEqual([
      "crontab:1: minute: 60 is not between 0 and 59 (column 1)",
      "crontab:4: day_of_week: 9 is not between 0 and 7 (column 9)",
    ]);
  });

  test.each([
    ["0 0 1 * 1 date\n", "either matches"],
    ["0 0 * * * date", "no newline"],
    ["0 0 * * * date\r\n1 0 * * * date\r\n", "carriage returns"],
    ["TZ=Asia/Tokyo\n", "CRON_TZ says"],
    ["MAILTO=alice\n", "no mail is sent"],
    ["0 0 30 2 * date\n", "never runs"],
  ])("%j is odd, not wrong", (text, warning) => {
    const { warnings, errors } = parseCrontab(text);
    expect(errors).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.message.toLowerCase()).toContain(warning.toLowerCase());
  });

  test("carriage returns do not reach the command, and the last line counts without a newline", () => {
    const { entries } = parseCrontab("A=b\r\n\r\n# c\r\n0 0 * * * date\r\n1 0 * * * true");
    expect(entries.map(({ command }) => command)).toEqual(["date", "true"]);
    expect(entries[0]!.environment).toEqual({ A: "b" });
  });

  test("an empty table has no entries, and a table of a megabyte is refused", () => {
    expect(parseCrontab("")).toMatchObject({ entries: [], warnings: [], errors: [] });
    expect(messages("#".repeat(1_000_001))[0]).toContain("longer than 1000000");
  });
});

describe("a line that sets a variable, as load_env reads it", () => {
  test.each([
    ["A=b", { A: "b" }],
    ["A = b c  ", { A: "b c" }],
    ["A=' b '", { A: " b " }],
    ["'A B'='c'", { "A B": "c" }],
    ['A="it\'s"', { A: "it's" }],
    ["A=it's", { A: "it's" }],
    ['A=""', { A: "" }],
    ["A=$HOME/bin:$PATH", { A: "$HOME/bin:$PATH" }],
    ["A==b", { A: "=b" }],
    ["A=b # c", { A: "b # c" }],
    ["1=b", { "1": "b" }],
  ])("%j", (line, environment) => {
    const { entries, errors } = parseCrontab(`${line}\n@daily true\n`);
    expect(errors).toEqual([]);
    expect(entries[0]!.environment).toEqual(environment);
  });
});

describe("percent signs", () => {
  test.each([
    ["date +\\%F", "date +%F", undefined],
    ["cat%one%two", "cat", "one\ntwo\n"],
    ["cat%one%two%", "cat", "one\ntwo\n"],
    ["cat%", "cat", ""],
    ["echo a\\b \\\\ c", "echo a\\b \\\\ c", undefined],
    ["echo \\\\%in", "echo \\\\", "in\n"],
    ["cat%50\\%", "cat", "50%\n"],
    ["echo \\", "echo \\", undefined],
  ])("%j", (text, command, stdin) => {
    expect(parseCrontab(`@daily ${text}\n`).entries[0]).toMatchObject({ command, stdin, text });
  });
});

describe("formatCrontab", () => {
  test("writes a table that reads the same", () => {
    const text = [
      "A=1",
      "B=' x '",
      "CRON_TZ=Asia/Tokyo",
      "*/5 8-12 * * mon-fri root echo a\\%b%in%put",
      'CRON_TZ=""',
      'A=it\'s "both"',
      "E=''",
      "@reboot alice true",
      "",
    ].join("\n");
    const first = parseCrontab(text, { system: true });
    const again = parseCrontab(formatCrontab(first.entries, { system: true }), { system: true });
    const plain = ({ entries }: typeof first) =>
      entries.map(({ trigger, line: _, ...rest }) => ({ ...rest, trigger: trigger.toJSON() }));
    expect(first.errors).toEqual([]);
    expect(plain(again)).toEqual(plain(first));
    expect(formatCrontab(again.entries, { system: true })).toBe(formatCrontab(first.entries, { system: true }));
  });

  test("refuses what no table can say", () => {
    const entry = { schedule: "@daily", text: "true" };
    expect(() => formatCrontab([{ ...entry, environment: { A: "1" } }, entry])).toThrow("cannot unset A");
    expect(() => formatCrontab([{ ...entry, environment: { A: "a\nb" } }])).toThrow(RangeError);
    expect(() => formatCrontab([{ ...entry, environment: { A: " '\" " } }])).toThrow(RangeError);
    expect(() => formatCrontab([{ ...entry, text: "a\nb" }])).toThrow("more than one line");
    expect(() => formatCrontab([entry], { system: true })).toThrow("user");
  });
});
