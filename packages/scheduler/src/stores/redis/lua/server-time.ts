import { prelude } from "./prelude.js";

/** The clock of the node that has the keys. */
export const serverTime = `${prelude}
return int(clock(''))
`;
