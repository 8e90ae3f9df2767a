-- wrk: asks for the lines of a file in turn, each "path<TAB>cookie"; prints what `benchmarks.load` reads.
-- Arguments: the file, or none for wrk's own one address.
local requests, at = {}, 0

function init(arguments)
  if arguments[1] == nil then return end
  for line in io.lines(arguments[1]) do
    local path, cookie = line:match("^([^\t]*)\t(.*)$")
    local headers = {}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    if cookie ~= "" then headers["Cookie"] = cookie end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  function request()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p99": %f, "errors": %d, "refused": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.timeout, e.status))
end
