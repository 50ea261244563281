-- A caller asks for a slot of a limit that several processes share.
--
-- KEYS: the limit's state, the arrivals of its latest calls, those who wait, those who share it.
-- ARGV: a JSON object:
--   who               the process
--   rank              how urgent its caller is, 0 for the most urgent operation
--   left              how long the caller may wait
--   calls, span, between  the limit, as the process knows it
--   there             how long a call of the process takes at the least to get to the vendor
--   longest           after what time its call has arrived at the latest
--   joins             whether the process tells that it shares the limit, and wants to know its part
--   before            where it was here lately: `since` when, by its own clock; what this clock should show (`expected`);
--                     whether its connection was cut meanwhile
--   away              where it couldn't come here: since when, by its own clock
-- Answers {what, value, now, seat, cycle}: `taken`, the number of the call; `wait`, for how long; `late`, how long it
-- would have to wait; `apart`, for how long each process keeps to its own part. That is 1 / cycle of the limit, nothing
-- for a cycle of 0; both are -1 for a process that didn't want to know.
--
-- Of each of the latest calls the set of arrivals has by when it has arrived; the process tells more when it knows more.
-- All times are whole microseconds. What is read is this server's clock; that of a process counts durations alone.

local GRACE = 250000 -- a process that is so late for its turn has lost it
local NAP = 1000000 -- the longest time after which a process that waits asks again
local DRIFT = 50000 -- by which two clocks may differ after a short time
local LEAP = 1000000 -- what a call to this server takes at the most without the clock having leapt

local state, arrivals, waiting, sharing = unpack(KEYS)
local ask = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function whole(number)
  return string.format('%.0f', number)
end

local function numbers(text)
  local found = {}
  for number in string.gmatch(text, '%d+') do
    found[#found + 1] = tonumber(number)
  end
  return found
end

local held = redis.call('HMGET', state, 'slot', 'number', 'seen', 'paused', 'apart', 'limit')
local slot, number, seen = tonumber(held[1]), tonumber(held[2]), tonumber(held[3])
local paused, apart = tonumber(held[4]), tonumber(held[5])

-- The strictest limit counts of those that the processes know which share it.
--
-- Each process has a seat of its own, and part `1 / cycle` of the limit: the seats that lie whole cycles from its own.
-- A cycle is the smallest power of two that leaves those to itself. So what all have never adds up to more than the
-- limit, as one that comes gets nothing before those were told of it whose cycles had its seat.

local calls, span, between = ask.calls, ask.span, ask.between
local seat, cycle = -1, -1
if ask.joins then
  local cycles = {}
  local all = redis.call('HGETALL', sharing)
  for index = 1, #all, 2 do
    local at, their_seat, their_cycle, their_calls, their_span, their_between = unpack(numbers(all[index + 1]))
    if math.abs(now - at) > LATELY then
      redis.call('HDEL', sharing, all[index])
    elseif all[index] == ask.who then
      seat = their_seat
    else
      cycles[their_seat] = their_cycle
      if their_between > between then
        calls, span, between = their_calls, their_span, their_between
      end
    end
  end
  if seat < 0 then
    repeat seat = seat + 1 until not cycles[seat]
  end
  local function is_shared(length)
    for other in pairs(cycles) do
      if (other - seat) % length == 0 then
        return true
      end
    end
    return false
  end
  cycle = 1
  while is_shared(cycle) do
    cycle = cycle * 2
  end
  for other, length in pairs(cycles) do
    if length > 0 and (other - seat) % length == 0 then
      cycle = 0
      break
    end
  end
  local own = {}
  for index, value in ipairs({now, seat, cycle, ask.calls, ask.span, ask.between}) do
    own[index] = whole(value)
  end
  redis.call('HSET', sharing, ask.who, table.concat(own, ' '))
elseif held[6] then
  local their_calls, their_span, their_between = unpack(numbers(held[6]))
  if their_between > between then
    calls, span, between = their_calls, their_span, their_between
  end
end

-- Where calls may have been made that are not known here, none is made for as long as they count.

local function pause(from)
  slot, paused = from + span + USUAL_WAY, now
  redis.call('DEL', arrivals)
end

if not slot then -- new, or the data are lost
  number, seen, paused, apart = now, 0, 0, 0
  pause(now)
elseif apart > now + APART or slot > math.max(now, apart) + span + USUAL_WAY + between then -- the clock was set back
  apart = 0
  pause(now)
elseif ask.before and paused < now - ask.before.since then -- the data may be older than what the process was told
  local expected = ask.before.expected
  if ask.before.cut or now < expected - DRIFT or now > expected + LEAP then
    pause(math.max(now, apart))
  end
end

-- If nobody has been here since this process couldn't come, nobody could, and others still keep to their own parts. So
-- do all, until each must have tried again.

if ask.away and seen < now - ask.away and apart < now then
  apart = now + APART
  pause(apart)
end

local function answer(what, value)
  redis.call('HSET', state,
    'slot', whole(slot), 'number', whole(number), 'seen', whole(now), 'paused', whole(paused), 'apart', whole(apart),
    'limit', whole(calls) .. ' ' .. whole(span) .. ' ' .. whole(between))
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, KEPT)
  end
  return {what, value, now, seat, cycle}
end

if apart > now then
  return answer('apart', apart - now)
end

-- The next call may leave in its slot, and when of those that count as it arrives all but one less than the limit have
-- gone by.

local ready = slot
local _, arrived = unpack(redis.call('ZREVRANGE', arrivals, calls - 1, calls - 1, 'WITHSCORES'))
if arrived then
  ready = math.max(ready, arrived + span - ask.there)
end

-- The more urgent go first; of those that are equally urgent, those that wait for longer. A slot is kept for a process
-- that was told to come for it: for somebody more urgent until it is given up, else for half the time between two.

local mine = ask.who .. ' ' .. ask.rank
local order, ahead, is_kept = now, 0, false
local all = redis.call('HGETALL', waiting)
local own = redis.call('HGET', waiting, mine)
if own then
  order = numbers(own)[1]
end
for index = 1, #all, 2 do
  local rank = tonumber(string.match(all[index], '%d+$'))
  local since, due = unpack(numbers(all[index + 1]))
  if now > due + GRACE or due > now + 2 * NAP then -- it has died, or the clock was set back
    redis.call('HDEL', waiting, all[index])
  elseif rank < ask.rank or (rank == ask.rank and since < order) then
    ahead = ahead + 1
    is_kept = is_kept or rank < ask.rank or math.abs(now - due) <= between / 2
  end
end

if ready <= now and not is_kept then
  number = number + 1
  -- A slot that was missed by less than the time between two can still be used by the next call.
  slot = math.max(slot, now - between) + between
  redis.call('ZADD', arrivals, whole(now + ask.longest), whole(number))
  redis.call('ZREMRANGEBYRANK', arrivals, 0, -2 * calls - 1)
  redis.call('HDEL', waiting, mine)
  return answer('taken', number)
end

local due = math.max(ready, now) + ahead * between
if due - now >= ask.left then
  redis.call('HDEL', waiting, mine)
  return answer('late', due - now)
end
due = math.min(due, now + NAP)
redis.call('HSET', waiting, mine, whole(order) .. ' ' .. whole(due))
return answer('wait', due - now)
