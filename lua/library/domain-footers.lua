-- domain-footers: a footer of its own for each of our domains
--
-- What stands below mail that leaves the house, by the domain of its sender.
-- Write the texts below; a domain that is not named gets none.
--
-- Lists: none
-- Templates: none
-- Options: none

local footers = {
	["example.org"] = "Example Ltd, 1 Main Street, Exampletown",
	["example.com"] = "Example Inc, Registered in Delaware",
}

local outgoing = policy("domain footers",
	function(s) return s.relay.internal or s.auth_user ~= "" end)

outgoing:rule("footer", function(m, rcpt, plan)
	local text = footers[m.mail_from:match("[^@]*$"):lower()]
	if text == nil or rcpt.ours or m:contains("body", text) then return end
	plan:banner{ text = "-- \n" .. text, place = "bottom" }
end)
