-- Held mail: the list, and what people do with many messages at once.
local words = use("words")

local ROWS = 50
local DAY = 86400000
local UNDO_S = 30

local function filter_of(r)
	local f = r.field
	return { sender = f.sender or "", rcpt = f.rcpt or "", subject = f.subject or "",
		reason = f.reason or "", group = f.group or "", relay = f.relay or "", score = f.score or "",
		kind = f.kind or "hit", found = f.found or "",
		since = f.since or "", ["until"] = f["until"] or "", all = f.all or "" }
end

-- What withheld mail is found by beside its text, in the order of the form.
local kinds = { { "hit", "Hit" }, { "rule", "Rule" }, { "mark", "Mark of a rule" },
	{ "file", "File name" }, { "ext", "Kind of file" }, { "sha256", "SHA-256 of a file" },
	{ "virus", "Virus" } }

local function some(text)
	return text ~= "" and text or nil
end

-- What held_list shall look for; before: the page that follows this id.
local function question(f, before)
	local till = day_ms(f["until"])
	local score = tonumber(f.score)
	return { sender = some(f.sender), rcpt = some(f.rcpt), subject = some(f.subject),
		reason = some(f.reason), group = some(f.group), relay = some(f.relay),
		kind = f.kind, found = some(f.found),
		score = score and score == score and math.abs(score) < 1000000 and
			math.floor(score * 1000) or nil,
		since_ms = day_ms(f.since), until_ms = till and till + DAY or nil,
		all = f.all ~= "" or nil, before = before, limit = ROWS }
end

-- Rows of one day follow each other: the first of each has the day's name.
local function mark_days(rows, now)
	local last
	for _, row in ipairs(rows) do
		local name = day(row.at_ms)
		if name ~= last then
			row.day = name == day(now) and "Today" or name == day(now - DAY) and "Yesterday" or
				string.match(exact(row.at_ms), "^%d+ %a+ %d+")
			last = name
		end
		row.key = new_key()
	end
end

-- What was just done, as the address says it.
local function done_before(r)
	local done = r.field.done
	local n = tonumber(r.field.n or "")
	if not n or n ~= n or n < 0 or n > 100000 then
		return nil
	end
	n = math.floor(n)
	local what = { deliver = "will be delivered in " .. UNDO_S .. " seconds",
		approve = "will be delivered in " .. UNDO_S .. " seconds; the senders are allowed",
		delete = n == 1 and "was deleted" or "were deleted",
		restore = n == 1 and "is held again" or "are held again" }
	if not done or not what[done] then
		return nil
	end
	return { text = words.plural(n, "message") .. " " .. what[done] .. ".",
		undo = done ~= "restore" and n > 0 and (r.field.ids or "") ~= "" and r.field.ids or nil }
end

-- Is something asked for? The kind alone is nothing.
local function filtered(f)
	for name, value in pairs(f) do
		if name ~= "kind" and value ~= "" then
			return true
		end
	end
	return false
end

local function list(r, trouble)
	local f = filter_of(r)
	local before = some(r.field.before or "")
	local held = held_list(question(f, before))
	mark_days(held.rows or {}, r.now_ms)
	local v = { title = "Quarantine", nav = "quarantine", f = f, rows = held.rows or {},
		trouble = trouble or held.trouble, reasons = words.reasons, kinds = kinds,
		groups = groups(), paged = before ~= nil,
		filtered = filtered(f), done = done_before(r) }
	if held.more and #v.rows > 0 then
		v.older = {}
		for name, value in pairs(f) do
			v.older[name] = value
		end
		v.older.before = v.rows[#v.rows].id
	end
	return render("quarantine", v, held.wrong and 400 or 200)
end

local orders = {
	deliver = function(id, key)
		return release(id, { key = key, wait_s = UNDO_S })
	end,
	approve = function(id, key)
		return release(id, { key = key, wait_s = UNDO_S, approve = true })
	end,
	delete = function(id, key)
		return forget(id, { key = key })
	end,
	restore = function(id, key)
		return restore(id, { key = key })
	end,
}

-- The messages that were checked: each "ID KEY"; an undo has "ID,ID" alone.
local function chosen(r)
	local out = {}
	for _, text in ipairs(r.all.m or {}) do
		local id, key = string.match(text, "^(%S+) (%S+)$")
		if id then
			out[#out + 1] = { id = id, key = key }
		end
	end
	for id in string.gmatch(r.field.ids or "", "[^,]+") do
		out[#out + 1] = { id = id, key = new_key() }
	end
	return out
end

local function act(r)
	local what = r.field["do"] or ""
	local order = orders[what]
	if not order then
		return fail(400, "The form names no order that there is: deliver, approve, delete or restore.")
	end
	local ids, trouble = {}, nil
	for _, m in ipairs(chosen(r)) do
		local answer = order(m.id, m.key)
		if answer.trouble then
			trouble = answer.trouble
		elseif answer.n > 0 then
			ids[#ids + 1] = m.id
		end
	end
	if trouble then
		return list(r, #ids > 0 and words.plural(#ids, "message") .. " done, then: " .. trouble or
			trouble)
	elseif #chosen(r) == 0 then
		return list(r, "No message was checked: check one or more on the left, then choose.")
	end
	local to = filter_of(r)
	to.done, to.n, to.ids = what, tostring(#ids), table.concat(ids, ",")
	return go("/quarantine?" .. urlquery(to))
end

page("/quarantine", {
	right = "quarantine",
	get = function(r)
		return list(r)
	end,
	post = act,
})

page("/quarantine/:id/preview", {
	right = "quarantine.body",
	get = function(r)
		local p = preview(r.id)
		local held = held_get(r.id)
		if p.trouble then
			return fail(p.missing and 404 or p.temporary and 503 or 400, p.trouble)
		end
		return render("preview", { title = "Preview", nav = "quarantine", p = p, m = held,
			id = r.id, key = new_key() })
	end,
})

-- The bytes as they came: only ever a file, never a page.
page("/quarantine/:id/source", {
	right = "quarantine.body",
	get = function(r)
		local s = source(r.id)
		if s.trouble then
			return fail(s.missing and 404 or s.temporary and 503 or 400, s.trouble)
		end
		return file(r.id .. ".eml", "message/rfc822")
	end,
})
