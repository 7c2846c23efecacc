import { keep, readKept } from "../device/kept.js";
import { draftKey } from "../session/session.js";

/** The form's values as typed. */
export interface Draft {
  readonly title: string;
  readonly channelId: string;
  readonly content: string;
  /** One address a line. */
  readonly covers: string;
}

export const EMPTY_DRAFT: Draft = { title: "", channelId: "", content: "", covers: "" };

/** Of whom a draft is says its key: another user of this device never finds it. */
export function keptDraft(userId: string): Draft | undefined {
  const kept = readKept<Partial<Draft>>(draftKey(userId));
  return kept && { ...EMPTY_DRAFT, ...kept };
}

export function keepDraft(userId: string, draft: Draft | undefined): void {
  keep(draftKey(userId), draft?.title || draft?.content ? draft : undefined);
}

export function coversOf({ covers }: Draft): readonly string[] {
  return covers.split("\n").flatMap((line) => line.trim() || []);
}

/** Value of `input type="datetime-local"`, in the reader's time zone. */
export function localTime(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
