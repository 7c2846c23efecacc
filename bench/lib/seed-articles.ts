import type { Mysql } from "@headline/mysql";

const ROWS_PER_STATEMENT = 2_000;
export const AUTHORS = 500;
export const CHANNEL_IDS = [100, 101, 102, 103, 104, 106, 107, 108, 109, 110];
const SPREAD_MS = 30 * 24 * 60 * 60 * 1_000;
const WORDS = [
  "夜班",
  "火车",
  "图书馆",
  "茶园",
  "机器人",
  "青训",
  "面馆",
  "电车",
  "星空",
  "课堂",
  "桥",
  "果园",
  "球场",
  "海风",
  "算法",
];

/** Articles 1 to `count` over ten channels and the last thirty days, from a fixed sequence. */
export async function seedArticles(mysql: Mysql, count: number, onProgress: (done: number) => void): Promise<void> {
  const now = Date.now();
  await mysql.write(
    `INSERT INTO channels (id, name, name_en, position) VALUES ${CHANNEL_IDS.map((id, at) => `(${id}, 'c${id}', 'c${id}', ${at})`).join(",")}`,
  );
  await mysql.write(
    `INSERT INTO users (id, name, created_at) VALUES ${Array.from({ length: AUTHORS }, (_, at) => `(${at + 1}, '作者${at + 1}', ${now})`).join(",")}`,
  );
  for (let first = 1; first <= count; first += ROWS_PER_STATEMENT) {
    const rows: string[] = [];
    for (let id = first; id < Math.min(first + ROWS_PER_STATEMENT, count + 1); id += 1) {
      const random = scatter(id);
      const at = now - Math.floor(random * SPREAD_MS);
      const title = `${word(id)}里的${word(id * 7 + 3)}，${word(id * 13 + 5)}旁的第${id}个故事`;
      const cover = id % 3 === 0 ? '["https://img.example.com/covers/0001.jpg"]' : "[]";
      rows.push(
        `(${id}, ${(id % AUTHORS) + 1}, ${CHANNEL_IDS[id % CHANNEL_IDS.length]}, '${title}', '${cover}', 1, 1, ${at}, ${at}, ${at})`,
      );
    }
    await mysql.write(
      `INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at) VALUES ${rows.join(",")}`,
    );
    onProgress(Math.min(first + ROWS_PER_STATEMENT - 1, count));
  }
}

/** A fixed number in [0, 1) for each id: the fractional part of multiples of the golden ratio. */
function scatter(id: number): number {
  return (id * 0.618_033_988_749_895) % 1;
}

function word(index: number): string {
  return WORDS[index % WORDS.length] as string;
}
