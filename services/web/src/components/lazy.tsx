import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/send.js";
import { ProblemNote } from "./problem-note.js";
import { TextSkeleton } from "./skeleton.js";
import { useOnline } from "./use-online.js";

type Load<Props> = () => Promise<ComponentType<Props>>;

/** A component whose code comes when it is needed first; until then `Waiting` stands there. */
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
