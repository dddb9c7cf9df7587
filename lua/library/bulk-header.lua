-- bulk-header: marks newsletters and lists with a header that clients can sort
--
-- Newsletters and mail of discussion lists get "X-Bulk: newsletter" or "X-Bulk:
-- list"; with the option their subject says [BULK], too.
--
-- Lists: none
-- Templates: none
-- Options:
--	bulk_subject = no		yes: [BULK] in the subject

local tag = option("bulk_subject", false)

local external = policy("bulk mail", function(s) return s.relay.external end)

external:rule("bulk header", function(m, rcpt, plan)
	if m.class ~= "newsletter" and m.class ~= "list" then return end
	plan:replace_header("X-Bulk", m.class)
	if tag then plan:prefix_subject("[BULK]") end
end)
