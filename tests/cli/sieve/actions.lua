-- Made from PureMessage's actions.siv by pm policy import-sieve.
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

-- Is one of the texts on the list? Case does not matter.
local function has(list, ...)
	for _, v in ipairs(list) do
		for _, text in ipairs({ ... }) do
			if v:lower() == text then return true end
		end
	end
	return false
end

-- What a rule decided that the script went on behind.
local withheld
local function decided()
	if withheld then return withheld() end
	return deliver()
end

local patterns = {
	regex("^.*\\.exe$", "i"), -- line 50
}

local banners = {
-- line 7
[==[
This mail is confidential.
]==],
-- line 8
[==[
CAUTION
.and a line with a dot
]==],
}

-- Ours has to stand below what goes out.
local internal = policy("Legal notice",
	function(s) return s.relay.internal end)

internal:rule("notice", function(m, rcpt, plan)
	plan:banner{ text = banners[1], place = "bottom" }
	plan:banner{ text = banners[2], place = "top" }
	plan:batv()
	-- Attachments of every message are logged.
end)

local everyone2 = policy("everyone2")

everyone2:rule("stop", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "keep") then return deliver() end
end)

everyone2:rule("line 19", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "discard") then return discard() end
end)

everyone2:rule("line 20", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "tempfail") then
		return tempfail("try again later")
	end
end)

everyone2:rule("line 21", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "tempfail2") then
		return tempfail("come back")
	end
end)

everyone2:rule("line 22", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "reject") then
		return reject("5.7.1", "No. Not here.")
	end
end)

everyone2:rule("line 24", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "quarantine") then
		return quarantine("Suspect")
	end
end)

everyone2:rule("line 25", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "redirect") then
		return redirect("a@example.com", "b@example.com")
	end
end)

everyone2:rule("line 26", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "order") then
		plan:mark("a", "b")
		return quarantine("Suspect")
	end
end)

everyone2:rule("line 27", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "both") then
		plan:copy("Suspect")
		return deliver()
	end
end)

everyone2:rule("line 28", function(m, rcpt, plan)
	if has(m:headers("X-Stop"), "dropped") then
		return quarantine("Suspect")
	end
end)

everyone2:rule("go on", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "1") then
		plan:copy("Copy")
	end
end)

everyone2:rule("line 31", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "2") then
		plan:add_header("X-A", "plain \"quoted\"")
		plan:replace_header("X-B", expand("%%SENDER_IP%%"))
		plan:remove_header("X-C")
		plan:remove_header("X-D")
		plan:replace_header("Subject", expand("%%SUBJECT%% (seen)"))
		-- NOT CONVERTED (line 36): only the first header of a name: :index 0
		-- pmx_replace_header :index 1 "Subject" "second";
	end
end)

everyone2:rule("line 38", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "3") then
		plan:add_recipient("c@example.com", "d@example.com")
		plan:add_recipient("e@example.com")
		plan:sender("f@example.com")
		plan:map_recipient("aliases")
		plan:archive("legal-mbox")
		plan:set("CASE", expand("%%QUEUE_ID%%"))
		plan:notify("told", { to = "recipient" })
		plan:notify("refused", { to = "sender" })
		plan:mark("dept", "sales")
		plan:mark("seen", "1")
	end
end)

everyone2:rule("line 50", function(m, rcpt, plan)
	if any(m.files, function(f) return patterns[1]:match(f.name) end) then
		for _, f in ipairs(m.attachments) do
			if patterns[1]:match(f.name) then
				plan:drop(f,
					{ text = "An attachment was removed." })
			end
		end
	end
end)

everyone2:rule("line 51", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "4") then
		-- NOT CONVERTED (line 51): which attachments? Only a test of attachments right around it tells
		-- pmx_drop_attachment;
	end
end)

everyone2:rule("line 52", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "5") then
		-- Not cleaned: withheld, and the recipient told.
		return quarantine("Virus", { notify = "recipient" })
	end
end)

everyone2:rule("deliver for some", function(m, rcpt, plan)
	if rcpt.address:lower() == "g@example.com" or
		rcpt.address:lower() == "h@example.com" then return deliver() end
end)

everyone2:rule("decided on the way", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "6") then
		withheld = function() return quarantine("Suspect") end
	end
end)

-- NOT CONVERTED (line 58): not in this version: needs the delay queue and the sender history
-- if pmx_spam_hit :comparator "i;ascii-casemap" :matches ["DQ_SUSP_?"] {
--     pmx_suspect_delay;
-- }

everyone2:rule("behind", function(m, rcpt, plan)
	if has(m:headers("X-Go"), "7") then
		-- NOT CONVERTED (line 62): the action pmx_unheard_of is not known
		-- pmx_unheard_of "x";
		-- NOT CONVERTED (line 62): delivered, beside what an earlier rule may have decided: if that should not be withheld, return deliver()
		-- keep;
		return decided()
		-- What stood behind line 62 was never reached.
	end
end)

-- NOT CONVERTED (line 63): a regular expression: the pattern is refused: Missing close parenthesis for group started at index 7
-- if header :re "Subject" "x{5000}(" { discard; }

everyone2:rule("line 64", function(m, rcpt, plan)
	if m:has_header("To") or m:has_header("Cc") then
		plan:mark("any", "1")
	end
end)

everyone2:rule("line 65", function(m, rcpt, plan)
	if any(m.to, function(v) return true end) then
		plan:mark("any", "2")
	end
end)

-- NOT CONVERTED (line 66): a regular expression that no linear-time engine knows
-- if header :re "Subject" "^(a)\\1$" { discard; }

-- That was it.

policy("end of the script"):rule("what was decided", function()
	return decided()
end)
