-- outbound-limits: stops senders of ours who suddenly send very much
--
-- A stolen password shows in the number of recipients. Beyond the limit mail
-- is deferred, so that an honest sender's mail goes out later; spam to many
-- recipients is refused. Senders on the list bulk-senders are free.
--
-- Lists: bulk-senders
-- Templates: none
-- Options:
--	outbound_per_hour = 500		recipients of one sender
--	outbound_spam_rcpts = 20	spam to as many is refused

local per_hour = option("outbound_per_hour", 500)
local spam_rcpts = option("outbound_spam_rcpts", 20)

local outgoing = policy("outbound limits",
	function(s) return s.relay.internal or s.auth_user ~= "" end)

outgoing:rule("spam to many", function(m, rcpt, plan)
	if m.spam.probability >= 50 and m.rcpt_count >= spam_rcpts then
		plan:mark("outbound-spam", m.mail_from)
		return reject("5.7.1", "this looks like spam: call the help desk")
	end
end)

outgoing:rule("too many", function(m, rcpt, plan)
	if m:sender_listed("bulk-senders") then return end
	local sent = m:rate(m.auth_user ~= "" and "user" or "sender", 3600)
	-- Not known is no reason to stop our own people.
	if sent.later or sent.rcpts <= per_hour then return end
	plan:mark("outbound-rate", tostring(sent.rcpts))
	return tempfail("too many recipients in an hour, try again later")
end)
