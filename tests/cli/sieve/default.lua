-- Made from PureMessage's default.siv by pm policy import-sieve.
--
-- How the two languages differ, and what was done about it:
-- * A Sieve script goes on behind keep, reject, discard and
--   pmx_quarantine until stop; here such an action ends the rules.
--   Where the script went on, the decision waits in "withheld".
-- * stop alone, or the end of the script, delivers. Keep this file
--   alone in its folder, or before rules that may decide otherwise.
-- * pmx_file keeps a copy and goes on: plan:copy.
-- * A test of the envelope's "to" was true for a message when one
--   recipient matched, and the action was done for all. Here rules
--   are asked for each recipient: it is done for those who match.
-- * The list internal-hosts is the networks of the wiring: relay.internal.
-- * PureMessage's "over 50" % of spam is 50 or more.
-- * m:sender_listed looks at the envelope's sender and at From.

-- Is the test true for one of the list?
local function any(list, test)
	for _, v in ipairs(list) do
		if test(v) then return true end
	end
	return false
end

policy("virus scanner"):rule("busy", function(m)
	if m.virus.later then return tempfail("virus scanner busy") end
end)

-- Sample messages are recognised by this.
-- Test messages need no mark: pm policy test.
-- For the log search.
-- mark "S": subject, size and direction of every message are logged

local internal = policy("Mail from internal hosts",
	function(s) return s.relay.internal end)

-- The log watch counts outgoing mail by this mark.
-- mark "i": subject, size and direction of every message are logged

internal:rule("Check for mail containing viruses", function(m, rcpt, plan)
	if m.virus.found or m.virus.unscannable then
		-- Allow unscannable messages to pass through
		if m.virus.unscannable then
			plan:replace_header("X-PMX-Virus", "Unscannable")
			plan:prefix_subject("[POTENTIAL VIRUS]")
			plan:mark("pmx_reason", "Unscannable")
		else
			-- Reject mail containing viruses
			plan:mark("pmx_reason", "Virus")
			return reject("5.7.1",
				expand("One or more viruses (%%VIRUS_IDS%%) were found in the message."))
		end
	end
end)

local external = policy("Mail from external hosts",
	function(s) return s.relay.external end)

external:rule("line 31", function(m, rcpt, plan)
	plan:add_header("X-PMX-Version", expand("%%PMX_VERSION%%"))
	-- mark "Size": subject, size and direction of every message are logged
end)

external:rule("Quarantine blocked IP addresses", function(m, rcpt, plan)
	if m:listed("blocked-relays") then
		plan:mark("pmx_reason", "Block List")
		return quarantine("Blocked")
	end
end)

external:rule("Check for mail containing viruses", function(m, rcpt, plan)
	if m.virus.found or m.virus.unscannable then
		-- Allow unscannable messages to pass through
		if m.virus.unscannable then
			plan:replace_header("X-PMX-Virus", "Unscannable")
			plan:prefix_subject("[POTENTIAL VIRUS]")
		else
			-- Clean mail containing viruses
			-- Not cleaned: withheld, and the recipient told.
			plan:prefix_subject("[PMX:VIRUS]")
			return quarantine("Virus", { notify = "recipient" })
		end
	end
end)

external:rule("Quarantine mail with suspect attachments",
	function(m, rcpt, plan)
	if any(m.files,
		function(f) return f:listed("suspect-attachment-names") end) then
		return quarantine("Suspect")
	end
end)

external:rule("Deliver mail from whitelisted hosts and senders",
	function(m, rcpt, plan)
	if m:listed("whitelisted-hosts") or
		m:sender_listed("whitelisted-senders") or
		m:sender_listed("whitelisted-senders-per-user", rcpt) then
		plan:mark("pmx_reason", "Whitelisted")
		return deliver()
	end
end)

external:rule("Deliver mail to anti-spam opt-outs",
	function(m, rcpt, plan)
	if rcpt:listed("anti-spam-optouts") then return deliver() end
end)

external:rule("Quarantine mail from blacklisted hosts and senders",
	function(m, rcpt, plan)
	if m:listed("blacklisted-hosts") or
		m:sender_listed("blacklisted-senders") then
		return quarantine("Blacklisted")
	end
end)

external:rule("Copy to quarantine and deliver if spam probability is 50% or more",
	function(m, rcpt, plan)
	if m.spam.probability >= 50 then
		plan:replace_header("X-PerlMx-Spam",
			expand("Gauge=%%XGAUGE%%%%IGAUGE%%, Probability=%%PROB%%, Report='%%HITS%%'"))
		plan:copy("Spam")
		plan:mark("pmx_reason", "Spam")
		plan:prefix_subject(expand("[PMX:%%GAUGE%%]"))
		return deliver()
	else
		-- Add a header and deliver
		plan:replace_header("X-PerlMx-Spam",
			expand("Gauge=%%XGAUGE%%%%IGAUGE%%, Probability=%%PROB%%, Report='%%HITS%%'"))
		plan:mark("pmx_reason", "Legitimate")
		return deliver()
	end
end)
