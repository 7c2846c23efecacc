import { nodeLua, prelude } from "./prelude.js";

/** ARGV: now or '', after how many ms an unseen scheduler is forgotten. Answers "<seen> <JSON>" of the others. */
export const nodes = `${prelude}${nodeLua}
return nodesSince(clock(ARGV[1]) - ARGV[2])
`;
