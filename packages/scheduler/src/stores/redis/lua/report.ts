import { instanceLua, prelude } from "./prelude.js";

/**
 * Records reports of executions. ARGV of each: instance id, execution id, token, the row's first line, its last line,
 * and the next state of the instance: 'close', 'next' (its next run starts afresh), an attempt's number, or ''.
 * Returns 1 for each that is recorded, now or before by the same owner, else 0.
 */
export const report = String.raw`${prelude}${instanceLua}
local instanceIds, runIds = {}, {}
for at = 1, #ARGV, 6 do
  instanceIds[#instanceIds + 1] = ARGV[at]
  runIds[#runIds + 1] = ARGV[at + 1]
end
local instances, rows = {}, {}
for n, text in ipairs(read(P .. 'instances', instanceIds)) do instances[instanceIds[n]] = text end
for n, row in ipairs(read(P .. 'runs', runIds)) do rows[runIds[n]] = row end

local written, changed, closed, jobs, unusual, answers = {}, {}, {}, {}, {}, {}
for n = 1, #runIds do
  local at = 6 * n - 5
  local instanceId, id, token, state, outcome, step = unpack(ARGV, at, at + 5)
  local row, instance = rows[id], instances[instanceId]
  local isHeld = instance and sub(instance, 1, #token + 1) == token .. ' '
  local was = row and sub(row, 1, 1)
  local isOpen = was == 's' or was == 'r'
  if row and isHeld and isOpen then
    local first = find(row, '\n', 1, true)
    local second = find(row, '\n', first + 1, true)
    row = state .. sub(row, first, second) .. outcome
    rows[id] = row
    written[#written + 1] = id
    written[#written + 1] = row
    local is = sub(state, 1, 1)
    if is == 'e' or is == 'i' or is == 'c' then
      unusual[is] = unusual[is] or {}
      table.insert(unusual[is], match(row, '^[^\n]*\n(%d+)'))
      table.insert(unusual[is], id)
    end
    if step == 'close' then
      local _, _, _, _, _, idLength, _, _, body = parseInstance(instance)
      closed[#closed + 1] = instanceId
      jobs[#jobs + 1] = sub(instance, body, body + idLength - 1)
      instances[instanceId] = false
    elseif step ~= '' then
      local _, _, deliveries, most, offered, idLength, funcLength, owner, body = parseInstance(instance)
      local attempt = step
      if step == 'next' then attempt, deliveries = '1', '1' end
      instance = headOf(token, attempt, deliveries, most, offered, idLength, funcLength, owner) .. sub(instance, body)
      instances[instanceId] = instance
      changed[#changed + 1] = instanceId
      changed[#changed + 1] = instance
    end
    answers[n] = 1
  else
    local mark = match(state, '^%S+ ')
    answers[n] = (row and not isOpen and sub(row, 1, #mark) == mark) and 1 or 0
  end
end
write('HSET', P .. 'runs', written)
write('HSET', P .. 'instances', changed)
for state, list in pairs(unusual) do write('ZADD', P .. 'ended:' .. state, list) end
closeInstances(closed, jobs)
return answers
`;
