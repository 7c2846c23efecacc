import { prelude, searchLua } from "./prelude.js";

/**
 * Reads a part of the list, which ends with enough matches or after 1,000 jobs. ARGV: 'scheduled', 'paused' or '',
 * score and id where the last part ended or '', how many, the tag as it stands in a job's JSON or '',
 * a text in lower case that stands in its JSON or ''.
 * Returns whether there is more, score and id where it ended, then id, meta, JSON of each job.
 */
export const listJobs = `${prelude}${searchLua}
local state, score, id, limit, tag, text = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
local index = P .. 'order'
local at, last = 0, call('ZCARD', index)
if state ~= '' then
  local scheduled = call('ZCOUNT', index, '-inf', '(+inf')
  if state == 'paused' then at = scheduled else last = scheduled end
end
if score ~= '' then
  local place = placeOf(index, score, id)
  if call('ZRANGE', index, place, place)[1] == id then place = place + 1 end
  at = math.max(at, place)
end
local found, seen, count = {}, 0, 0
while at < last and count < limit and seen < 1000 do
  local ids = call('ZRANGE', index, at, math.min(at + 100, last) - 1)
  local specs, metas = read(P .. 'jobs', ids), read(P .. 'meta', ids)
  for n = 1, #ids do
    at, seen, id = at + 1, seen + 1, ids[n]
    local has = specs[n] and metas[n] and (tag == '' or find(specs[n], tag, 1, true))
    if has and (text == '' or find(string.lower(specs[n]), text, 1, true)) then
      count = count + 1
      found[#found + 1] = id
      found[#found + 1] = metas[n]
      found[#found + 1] = specs[n]
      if count == limit then break end
    end
  end
end
local more = at < last
return { more and 1 or 0, more and call('ZSCORE', index, id) or '', id, found }
`;
