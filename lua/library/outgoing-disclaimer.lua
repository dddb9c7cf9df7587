-- outgoing-disclaimer: puts a notice below mail that leaves the house
--
-- Once: an answer that quotes it does not get it again. Signed and encrypted
-- mail is never altered.
--
-- Lists: none
-- Templates: none
-- Options:
--	disclaimer = TEXT		one line; \n begins a new one

local text = option("disclaimer", "This message is confidential. If it was "
	.. "not meant for you, please tell the sender and delete it.")
text = text:gsub("\\n", "\n")

local outgoing = policy("disclaimer",
	function(s) return s.relay.internal or s.auth_user ~= "" end)

outgoing:rule("disclaimer", function(m, rcpt, plan)
	if rcpt.ours or m:contains("body", text) then return end
	plan:banner{ text = text, place = "bottom" }
end)
