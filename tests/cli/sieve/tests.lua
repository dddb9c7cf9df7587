-- Made from PureMessage's tests.siv by pm policy import-sieve.
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

local function domain_of(address)
	return address:match("[^@]*$")
end

local function local_part_of(address)
	return address:match("^(.*)@") or address
end

-- What nobody could look into.
local closed = {
	["unscannable-archive"] = true, ["over-archive"] = true,
	["over-parts"] = true, ["over-depth"] = true,
	["over-decoded"] = true, partial = true,
}
local function unscannable(m)
	for _, flag in ipairs(m.flags) do
		if closed[flag] then return true end
	end
	return false
end

-- What a rule decided that the script went on behind.
local withheld
local function decided()
	if withheld then return withheld() end
	return deliver()
end

policy("virus scanner"):rule("busy", function(m)
	if m.virus.later then return tempfail("virus scanner busy") end
end)

local patterns = {
	regex("^.*bug.*$", "i"), -- line 14
	regex("from \\S+\\.dyn\\.", "i"), -- line 15
	regex("^.*\\.example\\.com$", "i"), -- line 30
	regex("\\.dyn\\.example\\.net$", "i"), -- line 35
	regex("^URI_.*$", "i"), -- line 40
	regex("proj(ect)? x", "i"), -- line 49
	regex("^.*\\.exe$", "i"), -- line 53
	regex("^.*\\.scr$", "i"), -- line 53
}

local everyone = policy("everyone")

-- Every test that is known,
-- one a rule.
everyone:rule("always", function(m, rcpt, plan)
	plan:mark("a", "1")
end)

everyone:rule("never", function(m, rcpt, plan)
	if false then
		withheld = function() return discard() end
	end
end)

everyone:rule("size", function(m, rcpt, plan)
	if m.size > 10485760 then
		return reject("5.7.1",
			expand("Too large: %%MESSAGE_SIZE%% bytes."))
	end
end)

everyone:rule("line 10", function(m, rcpt, plan)
	if not (m.size < 2048) then
		plan:mark("a", "2")
	end
end)

everyone:rule("headers", function(m, rcpt, plan)
	if has(m:headers("X-One"), "yes", "on") or has(m:headers("X-Two"),
		"yes", "on") then
		plan:mark("a", "3")
	end
end)

everyone:rule("line 13", function(m, rcpt, plan)
	if m:contains("subject", "lottery", "prize") then
		plan:mark("a", "4")
	end
end)

everyone:rule("line 14", function(m, rcpt, plan)
	if m:matches("subject", patterns[1]) then
		plan:mark("a", "5")
	end
end)

everyone:rule("line 15", function(m, rcpt, plan)
	if m:matches("header:Received", patterns[2]) then
		plan:mark("a", "6")
	end
end)

everyone:rule("line 16", function(m, rcpt, plan)
	if m.subject:lower() == "hello" then
		plan:mark("a", "7")
	end
end)

everyone:rule("line 17", function(m, rcpt, plan)
	if m.subject == "Hello" then
		plan:mark("a", "8")
	end
end)

everyone:rule("line 18", function(m, rcpt, plan)
	if m:has_header("X-Bug-Id") then
		plan:mark("a", "9")
	end
end)

everyone:rule("line 19", function(m, rcpt, plan)
	if m:has_header("X-A") and m:has_header("X-B") then
		plan:mark("a", "10")
	end
end)

everyone:rule("addresses", function(m, rcpt, plan)
	if any(m.authors,
		function(v) return v.address:lower() == "boss@example.com" end) then
		plan:mark("a", "11")
	end
end)

everyone:rule("line 22", function(m, rcpt, plan)
	if any(m.to, function(v) return domain_of(v):lower() == "example.com" or
		domain_of(v):lower() == "example.net" end) then
		plan:mark("a", "12")
	end
end)

everyone:rule("line 23", function(m, rcpt, plan)
	if any(m.cc, function(v) return local_part_of(v):lower():find("sales",
		1, true) end) then
		plan:mark("a", "13")
	end
end)

everyone:rule("line 24", function(m, rcpt, plan)
	if m:sender_listed("blocked-senders") then
		plan:mark("a", "14")
	end
end)

everyone:rule("line 25", function(m, rcpt, plan)
	if has(m.reply_to, "x@example.net") then
		plan:mark("a", "15")
	end
end)

everyone:rule("envelope", function(m, rcpt, plan)
	if m.mail_from:lower() == "a@example.net" then
		plan:mark("a", "16")
	end
end)

everyone:rule("line 28", function(m, rcpt, plan)
	if domain_of(m.mail_from):lower() == "example.net" then
		plan:mark("a", "17")
	end
end)

everyone:rule("line 29", function(m, rcpt, plan)
	if rcpt.address:lower() == "b@example.com" then
		plan:mark("a", "18")
	end
end)

everyone:rule("line 30", function(m, rcpt, plan)
	if patterns[3]:match(rcpt.domain) then
		plan:mark("a", "19")
	end
end)

everyone:rule("line 31", function(m, rcpt, plan)
	if rcpt:listed("valid-recipients") then
		plan:mark("a", "20")
	end
end)

everyone:rule("line 32", function(m, rcpt, plan)
	if m:sender_listed("blocked-senders-per-user", rcpt) then
		plan:mark("a", "21")
	end
end)

everyone:rule("relay", function(m, rcpt, plan)
	if m.relay.internal or m:listed("trusted-relays") then
		plan:mark("a", "22")
	end
end)

everyone:rule("line 35", function(m, rcpt, plan)
	if any({ m.relay.addr, m.relay.name },
		function(v) return patterns[4]:match(v) end) then
		plan:mark("a", "23")
	end
end)

everyone:rule("spam", function(m, rcpt, plan)
	if m.spam.probability >= 90 then
		plan:mark("a", "24")
	end
end)

everyone:rule("line 38", function(m, rcpt, plan)
	if m.spam.probability < 10 then
		plan:mark("a", "25")
	end
end)

everyone:rule("line 39", function(m, rcpt, plan)
	if m.spam:has("GTUBE") or m.spam:has("URI_X") then
		plan:mark("a", "26")
	end
end)

everyone:rule("line 40", function(m, rcpt, plan)
	if any(m.spam.hits,
		function(v) return patterns[5]:match(v.name) end) then
		plan:mark("a", "27")
	end
end)

everyone:rule("line 41", function(m, rcpt, plan)
	if m:listed("blocked-relays") then
		plan:mark("a", "28")
	end
end)

everyone:rule("viruses", function(m, rcpt, plan)
	if m.virus.found or m.virus.unscannable then
		plan:mark("a", "29")
	end
end)

everyone:rule("line 44", function(m, rcpt, plan)
	if m.virus.unscannable then
		plan:mark("a", "30")
	end
end)

everyone:rule("line 45", function(m, rcpt, plan)
	if unscannable(m) then
		plan:mark("a", "31")
	end
end)

everyone:rule("words", function(m, rcpt, plan)
	if #m:phrases("offensive-words") > 0 then
		plan:mark("a", "32")
	end
end)

everyone:rule("line 48", function(m, rcpt, plan)
	if m:contains("subject", "secret plan") or m:contains("body",
		"secret plan") then
		plan:mark("a", "33")
	end
end)

everyone:rule("line 49", function(m, rcpt, plan)
	if m:matches("subject", patterns[6]) or m:matches("body",
		patterns[6]) then
		plan:mark("a", "34")
	end
end)

everyone:rule("line 50", function(m, rcpt, plan)
	if #m:phrases("offensive-words") > 0 then
		plan:mark("a", "35")
	end
end)

everyone:rule("attachments", function(m, rcpt, plan)
	if any(m.files,
		function(f) return f:listed("suspect-attachment-names") end) then
		plan:mark("a", "36")
	end
end)

everyone:rule("line 53", function(m, rcpt, plan)
	if any(m.files, function(f) return patterns[7]:match(f.name) or
		patterns[8]:match(f.name) end) then
		plan:mark("a", "37")
	end
end)

everyone:rule("line 54", function(m, rcpt, plan)
	if any(m.files, function(f) return patterns[7]:match(f.name) or
		patterns[7]:match("." .. f.true_type) end) then
		plan:mark("a", "38")
	end
end)

everyone:rule("line 55", function(m, rcpt, plan)
	if any(m.files,
		function(f) return f.type:lower() == "application/zip" end) then
		plan:mark("a", "39")
	end
end)

everyone:rule("line 56", function(m, rcpt, plan)
	if any(m.attachments, function(f) return f.size > 5242880 end) then
		plan:mark("a", "40")
	end
end)

everyone:rule("line 57", function(m, rcpt, plan)
	if #m.attachments > 10 then
		plan:mark("a", "41")
	end
end)

everyone:rule("line 58", function(m, rcpt, plan)
	if any(m.attachments, function(f) return f.text:lower():find("secret",
		1, true) end) then
		plan:mark("a", "42")
	end
end)

everyone:rule("the rest", function(m, rcpt, plan)
	if m.eight_bit >= 30 then
		plan:mark("a", "43")
	end
end)

everyone:rule("line 61", function(m, rcpt, plan)
	if m.relay.internal and m:sender_member("students") or
		m.relay.external and rcpt:member("students") then
		plan:mark("a", "44")
	end
end)

everyone:rule("line 62", function(m, rcpt, plan)
	if m.bounce and rcpt.batv ~= "good" then
		plan:mark("a", "45")
	end
end)

everyone:rule("together", function(m, rcpt, plan)
	if not (m.size > 1024 or m.size < 10) and (true or not false) and
		m.subject:lower() == "x" then
		plan:mark("a", "46")
	elseif not m:has_header("Date") then
		plan:mark("a", "47")
	else
		plan:mark("a", "48")
	end
end)

policy("end of the script"):rule("what was decided", function()
	return decided()
end)
