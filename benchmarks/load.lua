-- For wrk: asks for the paths given in turn, and prints its findings as JSON.
-- wrk … -s load.lua URL -- [traced] PATH…          traced: each request has a trace id of its own

function init(args)
  if args[1] == "traced" then
    local number = 0
    request = function()
      number = number + 1
      local trace = string.format("00-%032x-00f067aa0ba902b7-01", number)
      return wrk.format("GET", args[2], { traceparent = trace })
    end
    return
  end
  local requests = {}
  for i = 1, #args do
    requests[i] = wrk.format("GET", args[i])
  end
  if #requests > 1 then
    local at = 0
    request = function()
      at = at % #requests + 1
      return requests[at]
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
