import { asProblem, type Problem } from "@headline/client";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ProblemNote } from "./problem-note.js";
import { TextSkeleton } from "./skeleton.js";
import { useOnline } from "./use-online.js";

type Load<Props> = () => Promise<ComponentType<Props>>;

/** Component whose code is loaded when it is first rendered or prefetched; `Waiting` is shown until then. */
export function lazy<Props extends object>(load: Load<Props>, Waiting: ComponentType = TextSkeleton) {
  let loaded: ComponentType<Props> | undefined;
  const ensure = async () => {
    loaded ??= await load();
  };
  const Lazy = (props: Props) => {
    const [, showAgain] = useState(0);
    const [problem, fail] = useState<Problem | undefined>(undefined);
    const start = () => {
      fail(undefined);
      ensure().then(
        () => showAgain((times) => times + 1),
        (error) => fail(asProblem(error)),
      );
    };
    useEffect(() => {
      if (loaded === undefined) start();
    }, []);
    useOnline(problem !== undefined, start);
    if (loaded !== undefined) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    return problem === undefined ? <Waiting /> : <ProblemNote problem={problem} retry={start} />;
  };
  return Object.assign(Lazy, { prefetch: () => void ensure().catch(() => undefined) }); // its user loads it again
}
