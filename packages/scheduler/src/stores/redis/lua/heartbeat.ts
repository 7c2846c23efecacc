import { nodeLua, prelude } from "./prelude.js";

/** ARGV: now or '', ms after which a silent scheduler is removed, scheduler id, its JSON. */
export const heartbeat = `${prelude}${nodeLua}
local now = clock(ARGV[1])
call('HSET', P .. 'nodes', ARGV[3], int(now) .. ' ' .. ARGV[4])
nodesSince(now - ARGV[2])
return 0
`;
