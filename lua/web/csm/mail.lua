-- The message log: every message that a filter judged.
local words = use("words")

local ROWS = 50
local DAY = 86400000
local DAYS = 7 -- shown when no day is given

-- The filter as it stands in the address bar.
local function filter_of(r)
	local f = r.field
	return { outcome = f.outcome or "", who = f.who or "", group = f.group or "",
		relay = f.relay or "", subject = f.subject or "",
		since = f.since or "", ["until"] = f["until"] or "" }
end

-- An address that can be looked up whole: no part of one.
local function is_address(text)
	return string.find(text, "^[^@%s]+@[^@%s]+%.[^@%s]+$") ~= nil
end

-- The address of a host, as the database reads it.
local function is_relay(text)
	local parts, last = 0, text
	if string.find(text, "^%d+%.%d+%.%d+%.%d+$") then
		for part in string.gmatch(text, "%d+") do
			parts = parts + (#part <= 3 and tonumber(part) < 256 and 1 or 9)
		end
		return parts == 4
	end
	for part in string.gmatch(text, "%x+") do
		parts, last = parts + (#part <= 4 and 1 or 9), part
	end
	local short = string.find(text, "::", 1, true)
	return string.find(text, "^[%x:]+$") ~= nil and string.find(text, ":", 1, true) ~= nil and
		not string.find(text, ":::", 1, true) and
		not (short and string.find(text, "::", short + 2, true)) and
		(string.find(text, "^:") == nil or string.find(text, "^::") ~= nil) and
		(string.find(text, ":$") == nil or string.find(text, "::$") ~= nil) and
		(short and parts < 8 or parts == 8) and #last > 0
end

-- Which statement finds the mail of a host, of an address, or of a part of one
-- or all; and what it looks for.
local function statement_of(who, relay)
	if relay and relay ~= "" then
		return "track_relay", relay
	end
	return is_address(who) and "page_mail_of" or "page_mail", who
end

-- Sessions that were refused before there was a message.
local function refused(f, since, till)
	if f.outcome ~= "" and f.outcome ~= "rejected" or f.subject ~= "" or f.group ~= "" or
		f.relay == "" and not is_address(f.who) then
		return {}
	end
	local function ask(from, to)
		return query("track_refused", { since, till, "", from, to, f.relay, ROWS })
	end
	local rows = ask(f.who, "")
	if f.who ~= "" then
		for _, row in ipairs(ask("", f.who)) do
			if row.sender ~= row.rcpt then
				rows[#rows + 1] = row
			end
		end
	end
	return rows
end

local function is_id(text)
	return #text == 36 and
		string.find(text, "^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") ~= nil
end

-- A page of the log; of a group when nobody and no host is asked for.
local function rows_of(f, since, till, before)
	local statement, key = statement_of(f.who, f.relay)
	local values = { since, till, before, f.outcome, f.subject, key, ROWS + 1 }
	if f.group ~= "" then
		local terms = group_terms(f.group)
		if terms.trouble then
			return terms
		end
		statement, values[6] = "page_mail", ""
		values[8], values[9] = terms.addresses, terms.patterns
	end
	return query(statement, values)
end

local function list(r)
	local f = filter_of(r)
	local since = day_ms(f.since) or r.now_ms - DAYS * DAY
	local till = day_ms(f["until"])
	local before = is_id(r.field.before or "") and r.field.before or ""
	if f.relay ~= "" and not is_relay(f.relay) then
		return fail(400, "The relay is an address, such as 192.0.2.1 or 2001:db8::1.")
	end
	till = till and till + DAY or 0
	local found = rows_of(f, since, till, before)
	if found.trouble then
		return fail(found.wrong and 400 or 503, found.trouble)
	end
	local rows = found
	local v = { title = "Mail", nav = "mail", f = f, rows = rows, outcomes = words.outcomes,
		groups = groups(), filtered = urlquery(f) ~= "", paged = before ~= "", days = DAYS,
		refused = before == "" and refused(f, since, till) or {} }
	if #rows > ROWS then
		rows[#rows] = nil
		v.older = { outcome = f.outcome, who = f.who, group = f.group, relay = f.relay,
			subject = f.subject, since = f.since, ["until"] = f["until"], before = rows[#rows].id }
	end
	return render("mail", v)
end

page("/mail", { right = "log", get = list })

-- One box for everything: an id opens its message, an address or a word lists.
page("/search", {
	right = "",
	get = function(r)
		local q = string.gsub(string.gsub(r.field.q or "", "^%s+", ""), "%s+$", "")
		if q == "" then
			return go("/mail")
		elseif is_id(string.lower(q)) then
			return go("/message/" .. string.lower(q))
		elseif not can("log") then
			return go("/quarantine?" .. urlquery(string.find(q, "@", 1, true) and
				{ sender = q } or { subject = q }))
		end
		local bare = string.gsub(q, "^<(.*)>$", "%1")
		local found = query("page_find", { bare, ROWS })
		if #found == 1 then
			return go("/message/" .. found[1].id)
		end
		-- Mail that no filter judged has its story, too.
		local bares = #found == 0 and query("track_find", { bare, 1 }) or {}
		if bares[1] then
			return go("/track?" .. urlquery{ name = bare })
		elseif is_relay(bare) then
			return go("/mail?" .. urlquery{ relay = bare, since = day(r.now_ms - 31 * DAY) })
		end
		local who = string.find(q, "@", 1, true)
		local rows = query((statement_of(who and bare or "")),
			{ r.now_ms - 31 * DAY, 0, "", "", who and "" or q, who and bare or "", 2 })
		if #rows == 1 then
			return go("/message/" .. rows[1].id)
		end
		local since = day(r.now_ms - 31 * DAY)
		return go("/mail?" .. urlquery(who and { who = bare, since = since } or
			{ subject = q, since = since }))
	end,
})

-- What the mail server did with mail that no filter judged.
page("/track", {
	right = "log",
	get = function(r)
		local name = r.field.name or ""
		local m = query("track_find", { name, 1 })[1]
		if not m then
			return fail(404, "No message has this name.")
		elseif m.judged then
			return go("/message/" .. m.id)
		end
		local rows = query("track_timeline", { m.id, m.appliance, m.queue_id, m.message_id, m.relay,
			m.at_ms, 500 })
		return render("track", { title = name, nav = "mail", m = m, rows = rows })
	end,
})
