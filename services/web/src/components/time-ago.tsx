import { ago, dateTime } from "../language/format.js";

export function TimeAgo({ date }: { date: string }) {
  return (
    <time dateTime={date} title={dateTime(date)}>
      {ago(date)}
    </time>
  );
}
