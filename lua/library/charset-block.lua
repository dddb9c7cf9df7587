-- charset-block: withholds mail in character sets that nobody here reads
--
-- By the character sets that its parts name and by the share of characters
-- beyond ASCII; mail in UTF-8 names no language, so it is only counted.
--
-- Lists: none
-- Templates: none
-- Options:
--	blocked_charsets = gb2312 gb18030 big5 euc-kr koi8-r windows-1251
--	max_eight_bit = 100		per cent of all characters

local blocked = {}
for name in option("blocked_charsets", "gb2312 gbk gb18030 big5 euc-kr "
	.. "iso-2022-kr koi8-r windows-1251"):gmatch("%S+") do
	blocked[name:lower()] = true
end
local max_eight_bit = option("max_eight_bit", 100)

local external = policy("character sets",
	function(s) return s.relay.external end)

external:rule("character set", function(m, rcpt, plan)
	for _, name in ipairs(m.charsets) do
		if blocked[name] then
			plan:mark("charset", name)
			return quarantine("Suspect")
		end
	end
	if m.eight_bit > max_eight_bit then return quarantine("Suspect") end
end)
