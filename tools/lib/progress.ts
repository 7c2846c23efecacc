import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  show(done: number): void;
  end(): void;
}

const FORMAT = "{bar} {percentage} %  {value} of {total}, {eta_formatted} left";

/** A bar that redraws itself on a terminal, a line every tenth elsewhere. */
export function progressOf(total: number, out: NodeJS.WriteStream): Progress {
  return out.isTTY ? bar(total, out) : lines(total, out);
}

function bar(total: number, out: NodeJS.WriteStream): Progress {
  const shown = new SingleBar({ format: FORMAT, stream: out, hideCursor: true }, Presets.rect);
  shown.start(total, 0);
  return { show: (done) => shown.update(done), end: () => shown.stop() };
}

function lines(total: number, out: NodeJS.WriteStream): Progress {
  let shown = 0;
  return {
    show(done) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth === shown) return;
      shown = tenth;
      const percent = `${Math.floor((100 * done) / total)} %`.padStart(5);
      out.write(`${percent}  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}\n`);
    },
    end: () => undefined,
  };
}
