import { prelude } from "./prelude.js";

/** ARGV: job id. Returns meta and JSON, read at one moment by one script. */
export const get = `${prelude}
return { call('HGET', P .. 'meta', ARGV[1]), call('HGET', P .. 'jobs', ARGV[1]) }
`;
