-- external-banner: tells readers that a mail came from outside
--
-- A line on top of the text; senders on the list no-external-banner come
-- without it. The mail that a mailing list of ours sends back is from inside.
--
-- Lists: no-external-banner
-- Templates: none
-- Options:
--	external_banner = TEXT
--	external_tag = no		yes: [EXTERNAL] in the subject, too

local text = option("external_banner", "This mail came from outside. Open "
	.. "links and attachments only if you expect them.")
local tag = option("external_tag", false)

local external = policy("external banner",
	function(s) return s.relay.external and s.auth_user == "" end)

external:rule("banner", function(m, rcpt, plan)
	if not rcpt.ours or m:sender_listed("no-external-banner") then return end
	plan:banner{ text = text, place = "top" }
	if tag then plan:prefix_subject("[EXTERNAL]") end
end)
