-- offensive-words: withholds outgoing mail with words on a list
--
-- PureMessage's rule of that name: looks for the phrases of the list
-- offensive-words in subject and text of mail from inside. The list has a few
-- entries to begin with: make it your own.
--
-- Lists: offensive-words
-- Templates: none
-- Options:
--	offensive_inbound = no		yes: mail from outside, too

local inbound = option("offensive_inbound", false)

local checked = policy("offensive words",
	function(s) return inbound or s.relay.internal end)

checked:rule("offensive words", function(m, rcpt, plan)
	local found = m:phrases("offensive-words")
	if #found == 0 then return end
	plan:mark("offensive", found[1])
	return quarantine("Offensive")
end)
