import { nodeLua, prelude } from "./prelude.js";

/** ARGV: now or '', after how many ms an unseen scheduler is forgotten, scheduler id, its JSON. */
export const heartbeat = `${prelude}${nodeLua}
local now = clock(ARGV[1])
call('HSET', P .. 'nodes', ARGV[3], int(now) .. ' ' .. ARGV[4])
nodesSince(now - ARGV[2])
return 0
`;
