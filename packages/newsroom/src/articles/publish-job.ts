import { date } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";

/** Called with the article's id as text. */
export const PUBLISH_TASK = "articles.publish";

export function publishJobId(articleId: bigint): string {
  return `publish:${articleId}`;
}

/** The job that publishes an article at its time; paused while the author holds the article back. */
export function publishJob(articleId: bigint, publishAtMs: number | null): SharedJobSpec {
  return {
    id: publishJobId(articleId),
    name: `publish article ${articleId}`,
    func: PUBLISH_TASK,
    args: [String(articleId)],
    trigger: date({ runAt: publishAtMs ?? 0 }),
    nextRunTime: publishAtMs,
    tags: ["article"],
  };
}
