-- batv: signs our envelope senders, refuses bounces of what was not sent
--
-- Bounces of mail that somebody forged in our name come to addresses without
-- our signature. Switch "batv_refuse" on when all outgoing mail has been
-- signed for some days: bounces of earlier mail have none.
--
-- Lists: batv-exceptions
-- Templates: none
-- Options:
--	batv_refuse = no		yes: refuse, else a mark only

local refuse = option("batv_refuse", false)

local outgoing = policy("BATV outgoing",
	function(s) return s.relay.internal or s.auth_user ~= "" end)

outgoing:rule("sign", function(m, rcpt, plan)
	if m.bounce or rcpt.ours or
		m:sender_listed("batv-exceptions") then
		return
	end
	plan:batv()
end)

local incoming = policy("BATV incoming",
	function(s) return s.relay.external end)

incoming:rule("forged bounce", function(m, rcpt, plan)
	if not m.bounce or not rcpt.ours or rcpt.batv == "good" or
		rcpt:listed("batv-exceptions") then
		return
	end
	plan:mark("batv", rcpt.batv)
	if refuse then
		return reject("5.7.1", "this is a bounce of a message that we did "
			.. "not send")
	end
end)
