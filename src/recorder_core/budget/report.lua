-- A process tells of calls, see take.lua: by when each has arrived; or when it left, by when it arrives in any case, and
-- how long it is on its way there and back at the least.
--
-- KEYS: the arrivals of the limit's latest calls. ARGV: the number of each call, and what is told of it.
-- A call that is not known any more doesn't count any more.

for index = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[index]) == 1 then
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
  end
end
