-- auto-replies: keeps robots from answering robots
--
-- Automatic answers (out of office, tickets) to our own automatic addresses
-- are dropped, and so is what has come through here too often.
--
-- Lists: automatic-addresses
-- Templates: none
-- Options:
--	max_hops = 30			Received lines of a message

local max_hops = option("max_hops", 30)

local external = policy("auto replies", function(s) return s.relay.external end)

local function is_automatic(m)
	local auto = (m:header("Auto-Submitted") or "no"):lower()
	local precedence = (m:header("Precedence") or ""):lower()
	return not auto:find("^%s*no") or precedence == "auto_reply" or
		m:has_header("X-Autoreply") or m:has_header("X-Autorespond")
end

external:rule("robot to robot", function(m, rcpt, plan)
	if rcpt:listed("automatic-addresses") and is_automatic(m) then
		plan:mark("auto-reply", "dropped")
		return discard()
	end
end)

external:rule("loop", function(m, rcpt, plan)
	if #m:headers("Received") > max_hops then
		return reject("5.4.6", "too many hops: this looks like a loop")
	end
end)
