-- encrypted-archives: withholds archives that need a password
--
-- Nobody can look into them, so no scanner finds what is in them. Senders on
-- the list encrypted-senders may send them.
--
-- Lists: encrypted-senders
-- Templates: none
-- Options: none

local external = policy("encrypted archives",
	function(s) return s.relay.external end)

external:rule("needs a password", function(m, rcpt, plan)
	for _, f in ipairs(m.files) do
		if f.encrypted and f.kind == "archive" then
			if m:sender_listed("encrypted-senders") then return end
			plan:mark("encrypted", f.path)
			return quarantine("Unscannable")
		end
	end
end)
