-- Made from PureMessage's meaning.siv by pm policy import-sieve.
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

local everyone = policy("everyone")

-- What a converted script does: each message names the rules it meets.
everyone:rule("first", function(m, rcpt, plan)
	if m:contains("header:X-Do", "quarantine-and-go-on") then
		withheld = function() return quarantine("Suspect") end
	end
end)

everyone:rule("copy", function(m, rcpt, plan)
	if m:contains("header:X-Do", "copy") then
		plan:copy("Copy")
	end
end)

everyone:rule("mark", function(m, rcpt, plan)
	if m:contains("header:X-Do", "mark") then
		plan:add_header("X-Mark", "yes")
	end
end)

everyone:rule("nested", function(m, rcpt, plan)
	if m:contains("header:X-Do", "nested") or has(m:headers("X-Do"),
		"never") then
		if m:contains("header:X-Do", "inner") then
			plan:add_header("X-Inner", "yes")
			if not m:contains("header:X-Do", "escape") then
				return discard()
			end
		elseif m:contains("header:X-Do", "other") then
			return reject("5.7.1", "no, other")
		else
			plan:mark("seen", "else")
		end
		plan:add_header("X-Behind", "yes")
	end
end)

everyone:rule("stops", function(m, rcpt, plan)
	if m:contains("header:X-Do", "stop") then return decided() end
end)

everyone:rule("line 23", function(m, rcpt, plan)
	if m:contains("header:X-Do", "hold") then return quarantine("Hold") end
end)

everyone:rule("line 24", function(m, rcpt, plan)
	if m:contains("header:X-Do", "both") then
		plan:copy("Both")
		-- NOT CONVERTED (line 24): delivered, beside what an earlier rule may have decided: if that should not be withheld, return deliver()
		-- keep;
		return decided()
	end
end)

everyone:rule("some", function(m, rcpt, plan)
	if rcpt.address:lower() == "free@example.org" then return deliver() end
end)

everyone:rule("line 27", function(m, rcpt, plan)
	if rcpt.domain:lower() == "example.net" then
		withheld = function() return redirect("a@example.org") end
	end
end)

everyone:rule("line 28", function(m, rcpt, plan)
	if m:contains("header:X-Do", "last") then
		return reject("5.7.1", "the last")
	end
end)

policy("end of the script"):rule("what was decided", function()
	return decided()
end)
