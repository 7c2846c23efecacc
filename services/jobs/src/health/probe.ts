import { deadline } from "@headline/service/timing";

/** Whether something answers, and how soon. */
export interface Probed {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Its own report, or the error. */
  readonly detail: string;
}

export interface Probe {
  readonly name: string;
  /** Answers with a remark, or throws. */
  readonly ask: (signal: AbortSignal) => Promise<string>;
}

/** Asks all at once. Each has `withinMs`, and none of them can hold up or fail the others. */
export function probeAll(probes: readonly Probe[], withinMs: number): Promise<Probed[]> {
  return Promise.all(probes.map((probe) => probeOne(probe, withinMs)));
}

async function probeOne({ name, ask }: Probe, withinMs: number): Promise<Probed> {
  const startedAt = performance.now();
  try {
    const detail = await deadline(ask, withinMs);
    return { name, ok: true, ms: performance.now() - startedAt, detail };
  } catch (error) {
    return { name, ok: false, ms: performance.now() - startedAt, detail: reasonOf(error) };
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
