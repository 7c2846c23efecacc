import type { SchedulerNode } from "../core/job-store.js";

/** The node that a heartbeat wrote; none for a text that cannot be read, so that it hides no other node. */
export function readNode(text: string, seenAt: number): SchedulerNode[] {
  try {
    const node = JSON.parse(text) as SchedulerNode | null;
    return typeof node?.id === "string" ? [{ ...node, seenAt }] : [];
  } catch {
    return [];
  }
}
