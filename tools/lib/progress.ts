export interface Progress {
  show(done: number): void;
  end(): void;
}

const BAR_CHARACTERS = 30;
const REDRAW_MS = 100;

/** A bar that redraws itself on a terminal, a line every tenth elsewhere. */
export function progressOf(total: number, out: NodeJS.WriteStream): Progress {
  const startedAt = performance.now();
  return out.isTTY ? bar(total, out, startedAt) : lines(total, out, startedAt);
}

function bar(total: number, out: NodeJS.WriteStream, startedAt: number): Progress {
  let drawnAt = 0;
  return {
    show(done) {
      const now = performance.now();
      if (done < total && now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      const filled = Math.round((BAR_CHARACTERS * done) / total);
      const shape = `${"█".repeat(filled)}${"░".repeat(BAR_CHARACTERS - filled)}`;
      out.write(`\r\u001b[K${shape} ${describe(done, total, now - startedAt)}`);
    },
    end: () => out.write("\n"),
  };
}

function lines(total: number, out: NodeJS.WriteStream, startedAt: number): Progress {
  let told = 0;
  return {
    show(done) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth === told) return;
      told = tenth;
      out.write(`${describe(done, total, performance.now() - startedAt)}\n`);
    },
    end: () => undefined,
  };
}

function describe(done: number, total: number, elapsedMs: number): string {
  const perSecond = Math.round((1_000 * done) / Math.max(elapsedMs, 1));
  const left = done < total && perSecond > 0 ? `, ${Math.ceil((total - done) / perSecond)} s left` : "";
  const percent = `${Math.floor((100 * done) / total)} %`.padStart(5);
  return `${percent}  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}, ${perSecond.toLocaleString("en")}/s${left}`;
}
