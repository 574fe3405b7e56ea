#!lua name=nara
-- version 2
--
-- The only gate to the logs of a shard. Specified in docs/formats/logs.md; loaded by
-- EnsureFunctions, which compares the version above.
--
-- State of a device and lane: one string, a block for each epoch, the one that
-- changed last first:
--   epoch (8 bytes), through (8, big-endian), top (8), ring (64 digests of 3 bytes),
--   length of the assignment (1), assignment
-- `through` is the watermark, `top` the highest sequence taken. The ring holds the
-- digest of sequence s at s mod 64, for the last 64 up to top; 3 zeros: never taken.
-- Its highest bit says that the sequence went to quarantine; of a hash id the half
-- of a millisecond in its time says so.

local WINDOW = 64
local EPOCHS = 4
local HASH_IDS = 256
local ALARM_MS = 10 * 60 * 1000
local DAY_MS = 24 * 60 * 60 * 1000

local NONE = '\0\0\0'
local NO_EPOCH = '\0\0\0\0\0\0\0\0'
local BLOCK = '>c8I8I8c192Bc0'
local FIXED = 8 + 8 + 8 + 192 + 1
local LOGS = 1  -- KEYS[LOGS + target]
local SETTLE = 4
local QUARANTINE = 3
local HASHED, ALARM_CLASS, TECHNICAL = 16, 32, 64
local MARK = 128
local DONE, REBOUND = 1, 2
local NEW, BOUND = 1, 2

-- Redis 7.0 gives a library no globals while it loads: set at the first call.
local byte, char, sub, pack, unpack, call, EMPTY

local function prepare()
  byte, char, sub = string.byte, string.char, string.sub
  pack, unpack, call = struct.pack, struct.unpack, redis.call
  EMPTY = string.rep(NONE, WINDOW)
end

-- The block of an epoch, and the state without it.
local function take(state, epoch)
  local at = 1
  while at <= #state do
    local size = FIXED + byte(state, at + FIXED - 1)
    if sub(state, at, at + 7) == epoch then
      local _, through, top, ring, assignment = unpack(BLOCK, state, at)
      local block = {through = through, top = top, ring = ring, assignment = assignment}
      return block, sub(state, 1, at - 1) .. sub(state, at + size)
    end
    at = at + size
  end
  return nil, state
end

-- The first `count` blocks.
local function first_blocks(state, count)
  local at = 1
  while at <= #state and count > 0 do
    at = at + FIXED + byte(state, at + FIXED - 1)
    count = count - 1
  end
  return sub(state, 1, at - 1)
end

local function digest_of(block, seq)
  local at = (seq % WINDOW) * 3
  return sub(block.ring, at + 1, at + 3)
end

local function set_digest(block, seq, digest)
  local at = (seq % WINDOW) * 3
  block.ring = sub(block.ring, 1, at) .. digest .. sub(block.ring, at + 4)
end

-- Makes `seq` the highest one; those between were not taken.
local function raise_top(block, seq)
  if seq - block.top >= WINDOW then
    block.ring = EMPTY
  else
    for skipped = block.top + 1, seq do
      set_digest(block, skipped, NONE)
    end
  end
  block.top = seq
end

-- Moves the watermark over what was taken.
local function advance(block)
  while block.through < block.top and digest_of(block, block.through + 1) ~= NONE do
    block.through = block.through + 1
  end
end

-- The device keeps nothing before `from`: what is missing there never comes.
local function skip_to(block, from)
  if from - 1 <= block.through then
    return false
  end
  if from - 1 > block.top then
    raise_top(block, from - 1)
  end
  block.through = from - 1
  advance(block)
  return true
end

local function marked(digest)
  return char(byte(digest) + MARK) .. sub(digest, 2)
end

-- A new; D taken before; Q taken before, in quarantine; C taken with other content;
-- B beyond the window.
local function judge(block, seq, digest)
  if seq > block.through + WINDOW then
    return 'B'
  end
  local known = NONE
  if seq <= block.top and seq > block.top - WINDOW then
    known = digest_of(block, seq)
  end
  if known == NONE then
    return seq <= block.through and 'D' or 'A'
  end
  if known == digest then
    return 'D'
  end
  return known == marked(digest) and 'Q' or 'C'
end

local function judge_hash(key, id, now, window, quarantined)
  local at = tonumber(call('ZSCORE', key, id))
  if at and math.abs(now - at) < window then
    return at % 1 == 0 and 'D' or 'Q'
  end
  call('ZADD', key, quarantined and now + 0.5 or now, id)
  if call('ZCARD', key) > HASH_IDS then
    call('ZREMRANGEBYRANK', key, 0, 0)
  end
  call('PEXPIRE', key, DAY_MS)
  return 'A'
end

-- Takes a sequence and says what it was.
local function take_sequence(block, seq, digest, quarantined)
  local result = judge(block, seq, digest)
  if result == 'A' then
    if seq > block.top then
      raise_top(block, seq)
    end
    set_digest(block, seq, quarantined and marked(digest) or digest)
    advance(block)
  end
  return result
end

-- The block of an epoch, bound to `assignment` if it was bound to none, the other blocks, and what of that is news.
local function find_block(state, epoch, assignment)
  local block, rest = take(state, epoch)
  if block == nil then
    return {through = 0, top = 0, ring = EMPTY, assignment = assignment}, first_blocks(rest, EPOCHS - 1), NEW
  end
  if block.assignment == '' and assignment ~= '' then
    -- Seen only while the device was nobody's: it belongs to the first assignment that it meets.
    block.assignment = assignment
    return block, rest, BOUND
  end
  return block, rest, nil
end

-- The records whose payloads begin at ARGV[at]. Returns a letter for each, whether the block
-- changed, and whether one had a sequence.
local function take_records(KEYS, ARGV, key, at, heads, now, block)
  local letters, changed, counted = {}, false, #heads == 0
  for index = 0, #heads / 12 - 1 do
    local bits, seq = unpack('>BI8', heads, index * 12 + 1)
    local target = bits % HASHED
    local result
    if bits >= HASHED then
      local ids = bits >= TECHNICAL and KEYS[key + 2] or KEYS[key + 1]
      local window = bits >= ALARM_CLASS and ALARM_MS or DAY_MS
      result = judge_hash(ids, sub(heads, index * 12 + 2, index * 12 + 9), now, window, target == QUARANTINE)
    else
      counted = true
      result = take_sequence(block, seq, sub(heads, index * 12 + 10, index * 12 + 12), target == QUARANTINE)
      changed = changed or result == 'A'
    end
    if result == 'A' and target ~= SETTLE then
      call('XADD', KEYS[LOGS + target], '*', 'r', ARGV[at + index])
    end
    letters[index + 1] = result
  end
  return table.concat(letters), changed, counted
end

-- One uplink: its keys begin at KEYS[key], its arguments at ARGV[at].
local function take_uplink(KEYS, ARGV, key, at)
  local epoch, from, assignment, now, heads = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if epoch == NO_EPOCH then
    return pack('>BI8', DONE, 0) .. (take_records(KEYS, ARGV, key, at + 5, heads, tonumber(now), nil))
  end
  local block, rest, news = find_block(call('GET', KEYS[key]) or '', epoch, assignment)
  if block.assignment ~= assignment then
    return pack('>BI8', REBOUND, block.through) .. block.assignment
  end
  local skipped = skip_to(block, tonumber(from))
  local letters, taken, counted = take_records(KEYS, ARGV, key, at + 5, heads, tonumber(now), block)
  -- A replay has hash ids only: it binds an epoch that is known, and no unknown one pushes out one that is in use.
  if news == BOUND or (news == NEW and counted) or skipped or taken then
    local state = pack(BLOCK, epoch, block.through, block.top, block.ring, #block.assignment, block.assignment)
    call('SET', KEYS[key], state .. rest)
  end
  return pack('>BI8', DONE, block.through) .. letters
end

-- Uplinks of one shard and lane, in order. KEYS: token, alarm log, measurement log, quarantine log; then for each uplink
-- device state, hash ids, technical ids. ARGV: token; then for each uplink epoch (8 bytes), from, assignment, now (ms),
-- heads, one payload for each record. A head is 12 bytes: target and bits, sequence or hash id, digest. Returns 0 for
-- an old token, else for each uplink a string: 2, through (8 bytes), assignment when the epoch is bound to another one,
-- else 1, through, a letter for each record.
local function append(KEYS, ARGV)
  if EMPTY == nil then
    prepare()
  end
  if call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
  end
  local results = {}
  local at = 2
  for key = 5, #KEYS, 3 do
    results[#results + 1] = take_uplink(KEYS, ARGV, key, at)
    at = at + 5 + #ARGV[at + 4] / 12
  end
  return results
end

redis.register_function('append_2', append)
