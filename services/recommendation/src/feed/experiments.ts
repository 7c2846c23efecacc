/** The rules alone: for user 0, and for the readers with whom the learning is compared. */
export const BY_RULES = { name: "hot-new-1", bucket: 1 } as const;
export const LEARNED = { name: "learned-1", bucket: 2 } as const;

const SALT = 0x9e3779b97f4a7c15n;

/** Divides readers by a hash of their id, so that each always gets the same. `holdout` of them get the rules alone. */
export function createExperiments(holdout: number) {
  const limit = Math.round(holdout * 0x1_0000);
  return (userId: bigint): typeof BY_RULES | typeof LEARNED => {
    if (userId === 0n) return BY_RULES;
    const mixed = BigInt.asUintN(64, (userId ^ (userId >> 31n)) * SALT);
    return Number(mixed >> 48n) < limit ? BY_RULES : LEARNED;
  };
}

export type Experiments = ReturnType<typeof createExperiments>;
