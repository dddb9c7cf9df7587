-- macro-documents: withholds Office documents with macros
--
-- By default those whose macros run by themselves when the document is opened;
-- senders on the list macro-senders may send them.
--
-- Lists: macro-senders
-- Templates: none
-- Options:
--	macros_all = no			yes: every document with macros

local all = option("macros_all", false)

local external = policy("macro documents",
	function(s) return s.relay.external end)

external:rule("macros", function(m, rcpt, plan)
	if m.virus.found then return end -- the default policy's
	for _, f in ipairs(m.files) do
		if f.autoexec or (all and f.macros) then
			if m:sender_listed("macro-senders") then return end
			plan:mark("macros", f.path)
			return quarantine("Suspect")
		end
	end
end)
