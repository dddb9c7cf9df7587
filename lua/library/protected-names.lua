-- protected-names: warns when somebody outside uses the name of one of ours
--
-- The map protected-names has names of people (directors, finance) and their
-- addresses. Mail from outside whose From shows such a name beside another
-- address is marked, or withheld. Private addresses of these people can be
-- named in the map, too.
--
-- Lists: protected-names
-- Templates: none
-- Options:
--	protected_names = tag		or: quarantine

local action = option("protected_names", "tag")

local external = policy("protected names",
	function(s) return s.relay.external and s.auth_user == "" end)

-- "Lovelace,  Ada" and "ada lovelace" are "ada-lovelace".
local function plain(name)
	local last, first = name:match("^%s*([^,]+),%s*(.+)$")
	if last then name = first .. " " .. last end
	name = name:lower():gsub("[^%w\x80-\xff]+", "-")
	return name:match("^%-?(.-)%-?$")
end

external:rule("name of ours", function(m, rcpt, plan)
	for _, author in ipairs(m.authors) do
		local ours = map("protected-names", plain(author.name))
		local address = author.address:lower()
		if ours and not (" " .. ours:lower() .. " "):find(" " .. address
			.. " ", 1, true) then
			plan:mark("protected-name", author.name)
			if action == "quarantine" then return quarantine("Suspect") end
			plan:prefix_subject("[NOT FROM US]")
			return
		end
	end
end)
