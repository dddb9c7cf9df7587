-- The site's policy. Files in this folder are read in name order; the rules
-- of a policy are asked in order, for each recipient, until one of them ends
-- it with deliver(), quarantine(), reject(), tempfail(), discard(), delay()
-- or redirect(). A recipient about whom no rule decides gets the message.
-- What a rule may read and call: pm policy words
-- Try changes with: pm policy check; pm scan FILE --policy DIR

local everyone = policy("everyone", function() return true end)

everyone:rule("virus", function(m, rcpt, plan)
	if m.virus.later then return tempfail("virus scanner busy") end
	if m.virus.found then
		return quarantine("Virus", { notify = "recipient" })
	end
	if m.virus.unscannable then
		plan:prefix_subject("[POTENTIAL VIRUS]")
	end
end)

local inbound = policy("inbound", function(s) return s.relay.external end)

-- Flags of what nobody could look into; "over-urls" is only a long digest.
local unscannable = {
	["unscannable-archive"] = true, ["over-archive"] = true,
	["over-parts"] = true, ["over-depth"] = true,
	["over-decoded"] = true, ["over-headers"] = true, partial = true,
}

inbound:rule("unscannable", function(m, rcpt, plan)
	for _, flag in ipairs(m.flags) do
		if unscannable[flag] then return quarantine("Unscannable") end
	end
end)

-- Clients would see different files in it: how filters are evaded.
inbound:rule("ambiguous files", function(m, rcpt, plan)
	if #m.attachments == 0 then return end
	for _, flag in ipairs(m.flags) do
		if flag:match("^ambiguous%-") and flag ~= "ambiguous-charset"
		then
			return quarantine("Suspect")
		end
	end
end)

-- Before DATA: only relay, HELO, sender and one recipient are known.
inbound:at_rcpt("known recipients", function(s, rcpt)
	if not rcpt.ours or rcpt.local_part:lower() == "postmaster" then
		return
	end
	if list_empty("valid-recipients") then return end
	if not rcpt:listed("valid-recipients") then
		return reject("5.1.1", "no such user")
	end
end)

inbound:rule("blocked relay", function(m, rcpt, plan)
	if m:listed("blocked-relays") then return quarantine("Blocked") end
	-- With dns_lists("zen.example.org") at the top of this file:
	-- if m.relay:dns_list("zen.example.org").hit then return quarantine("Blocked") end
end)

inbound:rule("blocked sender", function(m, rcpt, plan)
	if m:sender_listed("blocked-senders") then
		return quarantine("Blacklisted")
	end
end)

inbound:rule("spam", function(m, rcpt, plan)
	if rcpt:listed("anti-spam-optouts") then return deliver() end
	if m:listed("trusted-relays") then return deliver() end
	if m.spam.probability >= 90 then return quarantine("Spam") end
	if m.spam.probability >= 50 then
		plan:prefix_subject("[SPAM " .. m.spam.gauge .. "]")
	end
end)
