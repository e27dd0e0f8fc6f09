-- The script of `benches/speed` for wrk. REQUESTS is a file of requests as they go over the wire, each after a line
-- with its length. MODE: "repeat" starts over at the end, "refresh" carries on each refresh token that a
-- response sets. Prints the result as one line of JSON.
local mode = os.getenv("MODE")
local requests, next_request = {}, 0

-- The first characters of a refresh token, which all tokens of a sign-in share.
local NAME = 42
local sign_ins, ready = {}, {}

local function split(request)
    local first, last = request:find("refresh_token=[^;\r]*")
    return request:sub(1, first + 13), request:sub(first + 14, last), request:sub(last + 1)
end

function init()
    local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
    local length = file:read("*n")
    while length do
        file:read(1)
        requests[#requests + 1] = file:read(length)
        length = file:read("*n")
    end
    if mode == "refresh" then
        for _, request in ipairs(requests) do
            local head, token, tail = split(request)
            sign_ins[token:sub(1, NAME)] = { head = head, tail = tail }
        end
        ready = requests
        -- Only here, because it costs wrk time.
        response = function(_, headers)
            local token = (headers["set-cookie"] or ""):match("refresh_token=([^;]*)")
            local sign_in = token and sign_ins[token:sub(1, NAME)]
            if sign_in then
                ready[#ready + 1] = sign_in.head .. token .. sign_in.tail
            end
        end
    end
end

function request()
    if mode == "refresh" then
        next_request = next_request + 1
        return assert(ready[next_request], "no refresh token is left")
    end
    next_request = next_request % #requests + 1
    return requests[next_request]
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"error_responses":%d,"no_responses":%d}',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
