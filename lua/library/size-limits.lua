-- size-limits: refuses mail that is too large, in and out
--
-- Sizes in MiB, of header and body as sent: an attachment needs a third more
-- than its file. Senders and recipients on the list large-mail are free.
--
-- Lists: large-mail
-- Templates: none
-- Options:
--	max_inbound = 50
--	max_outbound = 50

local limit = {
	inbound = option("max_inbound", 50.0), internal = 0,
	outbound = option("max_outbound", 50.0),
}

local everyone = policy("size limits")

everyone:rule("size limit", function(m, rcpt, plan)
	local max = limit[rcpt.direction]
	if max == 0 or m.size <= max * 1024 * 1024 then return end
	if rcpt:listed("large-mail") or m:sender_listed("large-mail") then
		return
	end
	return reject("5.3.4", "larger than " .. tostring(max) .. " MiB")
end)
