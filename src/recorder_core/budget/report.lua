-- A process tells of a call, see take.lua: when it left (and half of what the fastest call took), or when it arrived.
--
-- KEYS: the arrivals of the limit's latest calls. ARGV: the number of the call; what is known of it.
-- If the call is not known any more, it doesn't count any more.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
