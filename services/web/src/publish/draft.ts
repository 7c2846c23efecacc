import { readStored, store } from "../device/storage.js";
import { draftKey } from "../session/session.js";

/** Values of the form as typed. */
export interface Draft {
  readonly title: string;
  readonly channelId: string;
  readonly content: string;
  /** One address a line. */
  readonly covers: string;
}

export const EMPTY_DRAFT: Draft = { title: "", channelId: "", content: "", covers: "" };

/** Reads the draft of a user; another user of this device has another key. */
export function readDraft(userId: string): Draft | undefined {
  const stored = readStored<Partial<Draft>>(draftKey(userId));
  return stored && { ...EMPTY_DRAFT, ...stored };
}

export function storeDraft(userId: string, draft: Draft | undefined): void {
  store(draftKey(userId), draft?.title || draft?.content ? draft : undefined);
}

export function coversOf({ covers }: Draft): readonly string[] {
  return covers.split("\n").flatMap((line) => line.trim() || []);
}

/** Value of `input type="datetime-local"`, in the reader's time zone. */
export function localTime(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
