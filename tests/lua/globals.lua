-- Lists every value that a script can reach, one line each, sorted. The
-- golden file beside this one says what may be there.
local lines, seen = {}, {}

-- Notes a value, then what lies in it.
local function walk(path, value)
	lines[#lines + 1] = path .. " " .. type(value)
	if type(value) ~= "table" or seen[value] then
		return
	end
	seen[value] = true
	for key, inner in pairs(value) do
		walk(path .. "." .. tostring(key), inner)
	end
end

for name, value in pairs(_ENV) do
	walk(name, value)
end
for name in pairs(string) do
	lines[#lines + 1] = '"":' .. name .. " " .. type((""):lower()[name])
end
table.sort(lines)
return table.concat(lines, "\n") .. "\n"
