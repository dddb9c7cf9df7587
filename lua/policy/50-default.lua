-- The site's policy. Files in this folder are read in name order; the rules
-- of a policy are asked in order, for each recipient, until one of them ends
-- it with deliver(), quarantine(), reject(), tempfail(), discard(), delay()
-- or redirect(). A recipient about whom no rule decides gets the message.
-- What a rule may read and call: pm help policy
-- Try changes with: pm policy check; pm policy test FILE
--
-- The order is that of PureMessage's default policy: viruses; of mail from
-- outside then blocked relays, what nobody could look into, suspect
-- attachments, forged senders, approved senders, recipients who want no
-- filtering, blocked senders, spam.

-- Switches of the site. Set them in the file options beside this one, as
-- lines NAME = VALUE, and this file can be replaced by a newer one.

-- Spam of so much per cent is marked in the subject, and withheld.
local tag_at = option("tag_at", 50)
local withhold_at = option("withhold_at", 90)

-- A newsletter whose sender proves who it is (DMARC) is no forgery: at worst it
-- is unwanted, and its reader can leave its list. Content alone withholds it
-- only from here on. bulk_tag marks the subject of newsletters, "[BULK]"; the
-- list no-newsletters has recipients for whom they are withheld.
local withhold_newsletter_at = option("withhold_newsletter_at", 99)
local bulk_tag = option("bulk_tag", "")

-- As PureMessage did out of the box: spam is delivered, marked, and a copy is
-- kept in the quarantine. Good for the first weeks.
local copy_and_deliver = option("copy_and_deliver", false)

-- Mail that fails DMARC where the owner of the domain asks for reject or
-- quarantine: quarantine, reject, tag or deliver. Mailing lists break DMARC;
-- what is quarantined can be released, what is refused cannot. The domains
-- of lists and forwarders whose ARC seals are believed come with blanks
-- between.
local forged = option("dmarc", "quarantine")
local trusted_sealers = option("trusted_sealers", "")

-- A virus from inside: reject tells the program that sent it, quarantine does
-- not.
local internal_virus = option("internal_virus", "reject")

-- The headers X-PMX-Version and X-PerlMx-Spam and the subject [PMX:##] that
-- PureMessage wrote, for sites whose users have rules on them.
local puremessage_headers = option("puremessage_headers", false)

local everyone = policy("everyone", function() return true end)

everyone:rule("virus", function(m, rcpt, plan)
	if m.virus.later then return tempfail("virus scanner busy") end
	if m.virus.found then
		if m.relay.internal and internal_virus == "reject" then
			return reject("5.7.1", "a virus was found in this message")
		end
		if puremessage_headers then
			plan:prefix_subject("[PMX:VIRUS]")
		end
		return quarantine("Virus", { notify = "recipient" })
	end
	if m.virus.unscannable then
		if puremessage_headers then
			plan:replace_header("X-PMX-Virus", "Unscannable")
		end
		plan:prefix_subject("[POTENTIAL VIRUS]")
	end
end)

local inbound = policy("inbound", function(s) return s.relay.external end)

-- Before DATA: only relay, HELO, sender and one recipient are known. A rule
-- for recipients costs a look at each: there is none while the list is empty.
if not list_empty("valid-recipients") then
	inbound:at_rcpt("known recipients", function(s, rcpt)
		if not rcpt.ours or rcpt.local_part:lower() == "postmaster" then
			return
		end
		if not rcpt:listed("valid-recipients") then
			return reject("5.1.1", "no such user")
		end
	end)
end

-- Connections that are not wanted: hosts on the site's own list, and on DNS
-- lists that may block (block = true; none does by itself: pm help dnslist).
-- Each recipient is refused, so that postmaster and abuse still hear of it;
-- block_at = connect refuses the whole connection, which costs less.
local function unwanted(s)
	if s.relay.trusted or s.relay:listed("ip-blocking-exceptions") then
		return
	end
	if s.relay:listed("blocked-connections") then
		return reject("5.7.1", s.relay.addr .. " may not send mail here; " ..
			"if that is wrong, ask the postmaster", "Blocked")
	end
	local list = s.relay:blocking_list()
	if list then
		return reject("5.7.1", s.relay.addr .. " is on the list " ..
			list.name .. " (" .. list.answer .. ")" ..
			(list.help == "" and "" or ", see " .. list.help), "Blocked")
	end
end

local always_reached = { postmaster = true, abuse = true }

if not list_empty("blocked-connections") or blocking_lists() then
	if option("block_at", "rcpt") == "connect" then
		inbound:at_connect("blocked connection", unwanted)
	else
		inbound:at_rcpt("blocked host", function(s, rcpt)
			if always_reached[rcpt.local_part:lower()] or
				rcpt:listed("ip-blocking-exclusions") then
				return
			end
			return unwanted(s)
		end)
	end
end

inbound:rule("puremessage headers", function(m, rcpt, plan)
	if puremessage_headers then plan:replace_header("X-PMX-Version", "pm") end
end)

inbound:rule("blocked relay", function(m, rcpt, plan)
	if m:listed("blocked-relays") then return quarantine("Blocked") end
	-- With dns_lists("zen.example.org") at the top of this file:
	-- if m.relay:dns_list("zen.example.org").hit then return quarantine("Blocked") end
end)

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

-- By name, in archives, too. By content: pm policy library show executables
inbound:rule("suspect attachments", function(m, rcpt, plan)
	if #m.attachments == 0 or list_empty("suspect-attachment-names") then
		return
	end
	for _, file in ipairs(m.files) do
		if file:listed("suspect-attachment-names") then
			plan:mark("suspect-attachment", file.path)
			return quarantine("Suspect")
		end
	end
end)

local sealers = {}
for domain in trusted_sealers:gmatch("%S+") do sealers[domain:lower()] = true end

-- Does somebody whom we trust say that it was good when it came to him?
local function vouched_for(m)
	local arc = m.auth.arc
	return m:listed("trusted-relays") or
		(arc.result == "pass" and sealers[arc.domain:lower()])
end

inbound:rule("forged sender", function(m, rcpt, plan)
	local dmarc = m.auth.dmarc
	if dmarc.result ~= "fail" or dmarc.policy == "none" or vouched_for(m) then
		return
	end
	plan:mark("dmarc", dmarc.policy .. " " .. dmarc.domain)
	if forged == "reject" and dmarc.policy == "reject" then
		return reject("5.7.1", "DMARC of " .. dmarc.domain .. " says no")
	elseif forged == "quarantine" or forged == "reject" then
		return quarantine("Forged")
	elseif forged == "tag" then
		plan:prefix_subject("[FORGED]")
	end
end)

-- The site's list and the recipient's own. The name alone is easily written:
-- one that fails DMARC is not approved.
inbound:rule("approved sender", function(m, rcpt, plan)
	if m:sender_listed("approved-senders", rcpt) and
		m.auth.dmarc.result ~= "fail" then
		return deliver()
	end
end)

inbound:rule("no filtering wanted", function(m, rcpt, plan)
	if rcpt:listed("anti-spam-optouts") then return deliver() end
	if m:listed("trusted-relays") then return deliver() end
end)

inbound:rule("blocked sender", function(m, rcpt, plan)
	if m:sender_listed("blocked-senders", rcpt) then
		return quarantine("Blacklisted")
	end
end)

-- PureMessage's gauge: one # at the threshold, one more each ten per cent.
local function hashes(probability)
	return ("#"):rep(1 + math.max(0, probability - tag_at) // 10)
end

-- "Gauge=XXXXXXII, Probability=62%, Report='GTUBE 15.000'"
local function spam_report(spam)
	local hits = {}
	for i, hit in ipairs(spam.hits) do
		hits[i] = ("%s %.3f"):format(hit.name, hit.weight / 1000)
	end
	return ("Gauge=%s, Probability=%d%%, Report='%s'"):format(spam.gauge,
		spam.probability, table.concat(hits, ", "))
end

local function withhold_from(m)
	if m.class == "newsletter" and m.auth.dmarc.result == "pass" then
		return withhold_newsletter_at
	end
	return withhold_at
end

inbound:rule("spam", function(m, rcpt, plan)
	local probability = m.spam.probability
	if puremessage_headers then
		plan:replace_header("X-PerlMx-Spam", spam_report(m.spam))
	end
	if probability >= withhold_from(m) and not copy_and_deliver then
		return quarantine("Spam")
	end
	if probability >= tag_at then
		if copy_and_deliver then plan:copy("Spam") end
		plan:prefix_subject(puremessage_headers and
			"[PMX:" .. hashes(probability) .. "]" or
			"[SPAM " .. m.spam.gauge .. "]")
	end
end)

inbound:rule("newsletter", function(m, rcpt, plan)
	if m.class ~= "newsletter" then return end
	if rcpt:listed("no-newsletters") then return quarantine("Bulk") end
	if bulk_tag ~= "" then plan:prefix_subject(bulk_tag) end
end)
