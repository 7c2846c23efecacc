import { nodeLua, prelude } from "./prelude.js";

/** ARGV: now or '', ms after which a silent scheduler is removed. Returns "<seen> <JSON>" of the others. */
export const nodes = `${prelude}${nodeLua}
return nodesSince(clock(ARGV[1]) - ARGV[2])
`;
