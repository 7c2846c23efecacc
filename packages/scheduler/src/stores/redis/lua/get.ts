import { prelude } from "./prelude.js";

/** ARGV: job id. Answers meta and JSON, which one script reads of one moment. */
export const get = `${prelude}
return { call('HGET', P .. 'meta', ARGV[1]), call('HGET', P .. 'jobs', ARGV[1]) }
`;
