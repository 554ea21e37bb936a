-- wirelint: copy the fields and the first octets of text bodies into the access log entry.
-- Chunks pass on as they come: nothing is buffered, nothing is changed, nothing waits.
local LIMIT = 4096
local TEXT = { "json", "text/", "xml", "x-www-form-urlencoded", "javascript", "graphql", "grpc", "yaml", "csv" }
local SECRET = {}
local count = 0
local id = tostring({}):match("%w+$") .. os.time()

local function put(handle, key, octets)
  handle:streamInfo():dynamicMetadata():set("wirelint", key, handle:base64Escape(octets))
end

-- A mark in place of a secret is another one each time, so that no two requests look like those of one caller.
local function mark(name, value)
  count = count + 1
  local text = "left-out-" .. id .. "-" .. count
  if name == "cookie" then return (value:gsub("=[^;]*", "=" .. text)) end
  if name == "set-cookie" then return (value:gsub("=[^;]*", "=" .. text, 1)) end
  return (value:match("^%a+ ") or "") .. text
end

local function lines(fields)
  local parts = {}
  for name, value in pairs(fields) do
    if SECRET[name] then value = mark(name, value) end
    parts[#parts + 1] = name
    parts[#parts + 1] = value
  end
  return table.concat(parts, "\0")
end

local function is_text(kind)
  if kind == nil then return true end
  kind = kind:lower()
  for _, word in ipairs(TEXT) do
    if kind:find(word, 1, true) then return true end
  end
  return false
end

-- Keys: h the fields; b a beginning of the body; w the whole body; t the trailers. q is the request, s the response.
local function copy(handle, side)
  local fields = handle:headers()
  put(handle, side .. "h", lines(fields))
  local length = tonumber(fields:get("content-length") or "")
  local wanted = is_text(fields:get("content-type"))
  local body, due = "", 0
  for chunk in handle:bodyChunks() do
    if wanted then
      local size, room = chunk:length(), LIMIT - #body
      body = body .. chunk:getBytes(0, math.min(size, room))
      if #body == length then return put(handle, side .. "w", body) end
      if #body >= due or size > room then
        put(handle, side .. "b", body)
        due = 2 * #body
      end
      wanted = size <= room
    end
  end
  if wanted and body ~= "" then put(handle, side .. "w", body) end
  local trailers = handle:trailers()
  if trailers ~= nil then put(handle, side .. "t", lines(trailers)) end
end

function envoy_on_request(handle) copy(handle, "q") end
function envoy_on_response(handle) copy(handle, "s") end
