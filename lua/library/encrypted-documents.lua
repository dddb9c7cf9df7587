-- encrypted-documents: marks documents that need a password
--
-- PDF and Office files with a password are common in honest mail, too (pay
-- slips, bank statements): the subject says so, nothing is withheld, unless
-- the sender is on encrypted-senders.
--
-- Lists: encrypted-senders
-- Templates: none
-- Options:
--	encrypted_documents = tag	or: quarantine

local action = option("encrypted_documents", "tag")

local external = policy("encrypted documents",
	function(s) return s.relay.external end)

external:rule("needs a password", function(m, rcpt, plan)
	for _, f in ipairs(m.files) do
		if f.encrypted and f.kind == "document" then
			if m:sender_listed("encrypted-senders") then return end
			plan:mark("encrypted", f.path)
			if action == "quarantine" then
				return quarantine("Unscannable")
			end
			plan:prefix_subject("[NOT SCANNED]")
			return
		end
	end
end)
