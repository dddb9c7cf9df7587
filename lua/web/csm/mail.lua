-- The message log: every message that a filter judged.
local words = use("words")

local ROWS = 50
local DAY = 86400000
local DAYS = 7 -- shown when no day is given

-- The filter as it stands in the address bar.
local function filter_of(r)
	local f = r.field
	return { outcome = f.outcome or "", who = f.who or "", subject = f.subject or "",
		since = f.since or "", ["until"] = f["until"] or "" }
end

-- An address that can be looked up whole: no part of one.
local function is_address(text)
	return string.find(text, "^[^@%s]+@[^@%s]+%.[^@%s]+$") ~= nil
end

-- Which statement finds the mail of an address, of a part of one, or of all.
local function statement_of(who)
	return is_address(who) and "page_mail_of" or who ~= "" and "page_mail_part" or "page_mail"
end

local function is_id(text)
	return #text == 36 and
		string.find(text, "^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") ~= nil
end

local function list(r)
	local f = filter_of(r)
	local since = day_ms(f.since) or r.now_ms - DAYS * DAY
	local till = day_ms(f["until"])
	local before = is_id(r.field.before or "") and r.field.before or ""
	local rows = query(statement_of(f.who), { since, till and till + DAY or 0, before, f.outcome,
		f.subject, f.who, ROWS + 1 })
	local v = { title = "Mail", nav = "mail", f = f, rows = rows, outcomes = words.outcomes,
		filtered = urlquery(f) ~= "", paged = before ~= "", days = DAYS }
	if #rows > ROWS then
		rows[#rows] = nil
		v.older = { outcome = f.outcome, who = f.who, subject = f.subject, since = f.since,
			["until"] = f["until"], before = rows[#rows].id }
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
		local who = string.find(q, "@", 1, true)
		local rows = query(statement_of(who and bare or ""),
			{ r.now_ms - 31 * DAY, 0, "", "", who and "" or q, who and bare or "", 2 })
		if #rows == 1 then
			return go("/message/" .. rows[1].id)
		end
		local since = day(r.now_ms - 31 * DAY)
		return go("/mail?" .. urlquery(who and { who = bare, since = since } or
			{ subject = q, since = since }))
	end,
})
