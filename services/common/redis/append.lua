#!lua name=nara
-- version 1
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
local LOGS = 3  -- KEYS[LOGS + target]
local SETTLE = 4
local QUARANTINE = 3
local HASHED, ALARM_CLASS, TECHNICAL = 16, 32, 64
local MARK = 128

-- Redis 7.0 gives a library no globals while it loads: set at the first call.
local byte, char, sub, pack, unpack, EMPTY

local function prepare()
  byte, char, sub = string.byte, string.char, string.sub
  pack, unpack = struct.pack, struct.unpack
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
  local at = tonumber(redis.call('ZSCORE', key, id))
  if at and math.abs(now - at) < window then
    return at % 1 == 0 and 'D' or 'Q'
  end
  redis.call('ZADD', key, quarantined and now + 0.5 or now, id)
  if redis.call('ZCARD', key) > HASH_IDS then
    redis.call('ZREMRANGEBYRANK', key, 0, 0)
  end
  redis.call('PEXPIRE', key, DAY_MS)
  return 'A'
end

-- One uplink. KEYS: token, device state, hash ids, alarm log, measurement log,
-- quarantine log, technical ids. ARGV: token, epoch (8 bytes), from, assignment, now (ms), heads,
-- then one payload for each record. A head is 12 bytes: target and bits, sequence or
-- hash id, digest. Returns {0} for an old token, {2, assignment, through} when the
-- epoch is bound to another assignment, else {1, assignment, through, results}.
local function append(KEYS, ARGV)
  if EMPTY == nil then
    prepare()
  end
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return {0}
  end
  local epoch, assignment, now, heads = ARGV[2], ARGV[4], tonumber(ARGV[5]), ARGV[6]

  local block, rest
  local changed = false
  if epoch ~= NO_EPOCH then
    block, rest = take(redis.call('GET', KEYS[2]) or '', epoch)
    if block == nil then
      block = {through = 0, top = 0, ring = EMPTY, assignment = assignment}
      rest = first_blocks(rest, EPOCHS - 1)
      changed = true
    elseif block.assignment == '' then
      -- Seen only while the device was nobody's: it belongs to the first assignment that it meets.
      changed = assignment ~= ''
      block.assignment = assignment
    elseif block.assignment ~= assignment then
      return {2, block.assignment, block.through}
    end
    local from = tonumber(ARGV[3])
    changed = skip_to(block, from) or changed
  end

  local results = {}
  for index = 1, #heads / 12 do
    local at = index * 12 - 11
    local bits = byte(heads, at)
    local target = bits % HASHED
    local quarantined = target == QUARANTINE
    local result
    if bits >= HASHED then
      local key = bits >= TECHNICAL and KEYS[7] or KEYS[3]
      local window = bits >= ALARM_CLASS and ALARM_MS or DAY_MS
      result = judge_hash(key, sub(heads, at + 1, at + 8), now, window, quarantined)
    else
      local seq = unpack('>I8', heads, at + 1)
      local digest = sub(heads, at + 9, at + 11)
      result = judge(block, seq, digest)
      if result == 'A' then
        if seq > block.top then
          raise_top(block, seq)
        end
        set_digest(block, seq, quarantined and marked(digest) or digest)
        advance(block)
        changed = true
      end
    end
    if result == 'A' and target ~= SETTLE then
      redis.call('XADD', KEYS[LOGS + target], '*', 'r', ARGV[6 + index])
    end
    results[index] = result
  end

  if changed then
    local state = pack(BLOCK, epoch, block.through, block.top, block.ring, #block.assignment, block.assignment)
    redis.call('SET', KEYS[2], state .. rest)
  end
  return {1, assignment, block and block.through or 0, table.concat(results)}
end

redis.register_function('append', append)
