-- Requests for wrk, and what came of them as one line of JSON.
--
--   wrk … -s load.lua URL -- TARGETS ACCEPT FIRST
--
-- TARGETS is a file of request targets, one a line, asked in turn. NONCE in a target stands for a number
-- that is never asked twice: FIRST, and from there on.

local targets, next_target, number, accept = {}, 0, 0, ""

function init(args)
  for line in io.lines(args[1]) do
    targets[#targets + 1] = line
  end
  accept, number = args[2], tonumber(args[3])
end

function request()
  next_target = next_target % #targets + 1
  local path = targets[next_target]:gsub("NONCE", string.format("%.0f", number))
  number = number + 1
  return "GET " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAccept: " .. accept .. "\r\n\r\n"
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"bytes":%.0f,"refused":%d,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, e.status, e.connect + e.read + e.write,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
