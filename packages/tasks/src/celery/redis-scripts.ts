/**
 * KEYS unacked, unacked_index, lists in the order of taking · ARGV number of messages. Moves messages from the lists to the
 * unacknowledged ones of kombu in one step, so that none is between the two when a worker dies. Returns list, tag and message
 * of each; what has no tag is no message, and has an empty one.
 */
const take = `
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
local taken = {}
local function text(value) return type(value) == 'string' and value or '' end
for at = 3, #KEYS do
  while #taken < 3 * tonumber(ARGV[1]) do
    local raw = redis.call('RPOP', KEYS[at])
    if not raw then break end
    local isJson, message = pcall(cjson.decode, raw)
    local properties = isJson and type(message) == 'table' and message.properties
    local tag = type(properties) == 'table' and text(properties.delivery_tag) or ''
    if tag ~= '' then
      local info = type(properties.delivery_info) == 'table' and properties.delivery_info or {}
      redis.call('ZADD', KEYS[2], now, tag)
      redis.call('HSET', KEYS[1], tag,
        '[' .. raw .. ', ' .. cjson.encode(text(info.exchange)) .. ', ' .. cjson.encode(text(info.routing_key)) .. ']')
    end
    taken[#taken + 1] = KEYS[at]
    taken[#taken + 1] = tag
    taken[#taken + 1] = raw
  end
end
return taken`;

/** KEYS unacked, unacked_index · ARGV tag. Removes a message; 0 when it has left unacked. */
const ack = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])`;

/** KEYS unacked, unacked_index, list · ARGV tag, message, RPUSH (to be next) or LPUSH. Puts a message back, unless it has left unacked. */
const requeue = `
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call(ARGV[3], KEYS[3], ARGV[2])
return 1`;

/** KEYS unacked_index · ARGV tags. Renews the messages of a live worker. */
const renew = `
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
for _, tag in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'XX', now, tag) end
return #ARGV`;

/** KEYS unacked, unacked_index · ARGV visibility timeout in seconds, limit. Returns tag and entry of messages whose worker is silent. */
const silent = `
local time = redis.call('TIME')
local tags = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', time[1] - ARGV[1], 'LIMIT', 0, ARGV[2])
local found = {}
for _, tag in ipairs(tags) do
  local entry = redis.call('HGET', KEYS[1], tag)
  if entry then
    found[#found + 1] = tag
    found[#found + 1] = entry
  else
    redis.call('ZREM', KEYS[2], tag)
  end
end
return found`;

/** Scripts for the constructor of ioredis. */
export const TRANSPORT_SCRIPTS = {
  kombuTake: { lua: take },
  kombuAck: { lua: ack, numberOfKeys: 2 },
  kombuRequeue: { lua: requeue, numberOfKeys: 3 },
  kombuRenew: { lua: renew, numberOfKeys: 1 },
  kombuSilent: { lua: silent, numberOfKeys: 2 },
} as const;

/** Methods of a client with these scripts. */
export interface TransportScripts {
  kombuTake(numberOfKeys: number, ...args: (string | number)[]): Promise<string[]>;
  kombuAck(unacked: string, index: string, tag: string): Promise<number>;
  kombuRequeue(
    unacked: string,
    index: string,
    list: string,
    tag: string,
    message: string,
    push: "RPUSH" | "LPUSH",
  ): Promise<number>;
  kombuRenew(index: string, ...tags: string[]): Promise<number>;
  kombuSilent(unacked: string, index: string, seconds: number, limit: number): Promise<string[]>;
}
