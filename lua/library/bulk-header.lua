-- bulk-header: marks newsletters and lists with a header that clients can sort
--
-- Mail with List-Unsubscribe, List-Id or Precedence: bulk, list or junk gets
-- "X-Bulk: yes"; with the option its subject says so, too.
--
-- Lists: none
-- Templates: none
-- Options:
--	bulk_tag = no			yes: [BULK] in the subject

local tag = option("bulk_tag", false)

local external = policy("bulk mail", function(s) return s.relay.external end)

local bulk = { bulk = true, list = true, junk = true }

external:rule("bulk header", function(m, rcpt, plan)
	local precedence = m:header("Precedence") or ""
	if not (bulk[precedence:lower()] or m:has_header("List-Unsubscribe") or
		m:has_header("List-Id")) then
		return
	end
	plan:replace_header("X-Bulk", "yes")
	if tag then plan:prefix_subject("[BULK]") end
end)
