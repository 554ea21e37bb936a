-- For wrk: asks for the paths given in turn, at a fixed rate where there is one, and prints its findings as JSON.
-- wrk … -s load.lua URL -- RATE PATH…        RATE: requests a second of each thread, 0 for as many as possible

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long sec; long usec; } moment_t;
  int gettimeofday(moment_t *tv, void *tz);
]]

local function now()
  local tv = ffi.new("moment_t")
  ffi.C.gettimeofday(tv, nil)
  return tonumber(tv.sec) * 1000 + tonumber(tv.usec) / 1000
end

function init(args)
  local rate = tonumber(args[1])
  local requests = {}
  for i = 2, #args do
    requests[i - 1] = wrk.format("GET", args[i])
  end
  if #requests > 1 then
    local at = 0
    request = function()
      at = at % #requests + 1
      return requests[at]
    end
  end
  if rate > 0 then
    local due = now()
    delay = function()
      local at = now()
      due = math.max(due + 1000 / rate, at - 50)
      return math.max(0, math.floor(due - at + 0.5))
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50":%f,"p90":%f,"p99":%f,"most":%f,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, e.connect + e.read + e.write + e.timeout))
end
