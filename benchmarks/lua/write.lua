-- wrk: posts the lines of a file, each once, "path<TAB>cookie<TAB>body", for so many seconds; then waits until every
-- answer has come, so that what was acknowledged can be compared with what is stored. Arguments: file, seconds.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *now);
  int getpid(void);
  int kill(int process, int signal);
]]
local MONOTONIC, DRAIN_MS, SIGINT = 1, 100, 2
local moment = ffi.new("bench_time")
local file, seconds, start, is_over, is_tried, is_ended
local threads = {}

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  file, seconds = io.open(arguments[1]), tonumber(arguments[2])
  sent, acknowledged, refused, failed, last, first_refusal, ran_out = 0, 0, 0, 0, 0, "", 0
end

function delay() return is_over and DRAIN_MS or 0 end

function request()
  if not is_tried then
    -- wrk looks at a first one, and does not send it.
    is_tried = true
    return wrk.format("GET", "/healthz")
  end
  start = start or now()
  if not is_over and now() - start < seconds then
    local line = file:read("*l")
    if line then
      sent = sent + 1
      local path, cookie, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
      local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = cookie }
      for name, value in pairs(wrk.headers) do headers[name] = value end
      return wrk.format("POST", path, headers, body)
    end
    ran_out = 1
  end
  is_over = true
  return wrk.format("GET", "/healthz")
end

function response(status, headers, body)
  if status == 200 and #body < 16 and body:sub(1, 2) == "ok" then
    -- As Ctrl-C would: wrk ends its sleep and prints what it has.
    if not is_ended and acknowledged + refused + failed >= sent then
      is_ended = true
      ffi.C.kill(ffi.C.getpid(), SIGINT)
    end
    return
  end
  last = now() - start
  if status < 400 then
    acknowledged = acknowledged + 1
  elseif status < 500 then
    refused = refused + 1
  else
    failed = failed + 1
  end
  if status >= 400 and first_refusal == "" then first_refusal = tostring(status) end
end

function done(summary, latency, _)
  local t, e = threads[1], summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p99": %f, "errors": %d, "refused": %d, ' ..
    '"sent": %d, "failed": %d, "first_refusal": "%s", "ran_out": %d}\n',
    t:get("acknowledged"), t:get("last"), summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.timeout, t:get("refused"), t:get("sent"), t:get("failed"),
    t:get("first_refusal"), t:get("ran_out")))
end
