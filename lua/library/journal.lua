-- journal: keeps an original of the mail of some people
--
-- For inquiries and legal duties: mail from or to an address on the list
-- journal-addresses is kept as it came, and goes on.
--
-- Lists: journal-addresses
-- Templates: none
-- Options: none

local everyone = policy("journal")

everyone:rule("keep an original", function(m, rcpt, plan)
	if rcpt:listed("journal-addresses") or
		m:sender_listed("journal-addresses") then
		plan:archive("journal")
	end
end)
