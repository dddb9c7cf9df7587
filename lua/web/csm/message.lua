-- One message: its story, why it was judged so, and what can be done.
local words = use("words")

local PLOT = 400 -- width of the contributions' bars

-- The hits, the heaviest first, each from the sum before it to the sum after:
-- so the bars add up to the score. nil without hits.
local function contributions(facts, score)
	local hits, low, high, sum = {}, 0, 0, 0
	for _, hit in ipairs(facts and facts.hits or {}) do
		hits[#hits + 1] = hit
	end
	if #hits == 0 then
		return nil
	end
	table.sort(hits, function(a, b)
		if a.weight ~= b.weight then
			return a.weight > b.weight
		end
		return a.name < b.name
	end)
	for _, hit in ipairs(hits) do
		hit.from = sum
		sum = sum + hit.weight
		low, high = math.min(low, sum), math.max(high, sum)
	end
	local scale = PLOT / math.max(high - low, 1)
	for _, hit in ipairs(hits) do
		local left = math.min(hit.from, hit.from + hit.weight)
		hit.x = string.format("%.1f", (left - low) * scale)
		hit.width = string.format("%.1f", math.max(math.abs(hit.weight) * scale, 2))
		hit.sum = hit.from + hit.weight
	end
	return { hits = hits, zero = string.format("%.1f", -low * scale), score = score,
		total_x = string.format("%.1f", (math.min(score, 0) - low) * scale),
		total_width = string.format("%.1f", math.max(math.abs(score) * scale, 2)) }
end

-- "because …": the virus, the heaviest hits, or the rule that said so.
local function because(m, g)
	local facts = m.facts
	if g.reason == "Virus" and facts and facts.virus_name ~= "" then
		return "the virus scanner found " .. facts.virus_name
	end
	local names = {}
	for _, hit in ipairs(m.sum and m.sum.hits or {}) do
		if hit.weight > 0 and #names < 3 then
			names[#names + 1] = hit.name
		end
	end
	if (g.reason == "Spam" or g.reason == "Suspect") and #names > 0 then
		return "it is spam with a probability of " .. m.probability .. " %, above all for " ..
			table.concat(names, ", ")
	end
	local rule = g.lines and g.lines[#g.lines]
	rule = rule and string.match(rule, "^(.-) %S+:%d+: ")
	return rule and "the rule “" .. rule .. "” says so"
end

-- What was found out when it was judged, about a group; nil when nothing was.
-- The quarantine alone does not know every recipient of the envelope.
local function found(m, g, known)
	local whys = m.facts and m.facts.whys or {}
	if not known then
		return #whys == 1 and #m.groups == 1 and whys[1] or nil
	end
	for _, why in ipairs(whys) do
		if why.rcpt == g.rcpts[1] then
			return why
		end
	end
end

-- One sentence for each outcome of the message.
local function sentences(m, known)
	local out, all = {}, #m.rcpts
	for _, g in ipairs(m.groups) do
		local text = words.capital(g.outcome)
		if g.reason ~= "" then
			text = text .. " as " .. g.reason
		end
		text = text .. " for " .. words.of_recipients(#g.rcpts, all)
		local judged = found(m, g, known)
		local why = not judged and because(m, g)
		out[#out + 1] = { outcome = g.outcome, text = text .. (why and ", because " .. why or "") ..
			".", reply = g.reply or "", why = judged and judged.sentence or "",
			unless = judged and judged.unless or "" }
	end
	return out
end

-- What the quarantine knows, in the shape of the message log.
local function from_quarantine(held)
	local groups = {}
	for _, t in ipairs(held.traces or {}) do
		groups[#groups + 1] = { outcome = "quarantined", reason = t.reason, reply = "",
			rcpts = t.rcpts, lines = t.lines }
	end
	local rcpts = {}
	for _, rcpt in ipairs(held.rcpts) do
		rcpts[#rcpts + 1] = rcpt.address
	end
	held.groups, held.events, held.why = groups, held.events or {}, ""
	return held, rcpts
end

-- Events of the log and of the quarantine, each once, in their order.
local function story(m, held)
	local out, seen = {}, {}
	for _, source in ipairs({ m.events or {}, held and held.events or {} }) do
		for _, e in ipairs(source) do
			local key = e.at_ms .. e.what .. e.who .. (e.detail or "")
			if not seen[key] then
				seen[key] = true
				out[#out + 1] = e
			end
		end
	end
	table.sort(out, function(a, b)
		return a.at_ms < b.at_ms
	end)
	return out
end

-- What the mail server's log says: before the judgement, after it, the last
-- word about each recipient, and the lines themselves.
local function tracked(m)
	local t = { before = {}, after = {}, final = {}, lines = {} }
	if not can("log") then
		return t
	end
	local rows = query("track_timeline", { m.id, m.appliance or "", m.queue_id or "",
		m.message_id or "", m.relay or "", m.at_ms, 500 })
	local into = t.before
	for _, e in ipairs(rows) do
		if e.kind == "judged" then
			into = t.after
		elseif e.kind ~= "done" then
			into[#into + 1] = e
			t.lines[#t.lines + 1] = e.line
		end
		if e.final then
			t.final[#t.final + 1] = e
		end
	end
	return t
end

-- What people did and what the mail server did, in their order.
local function merged(events, track)
	local out = {}
	for i, e in ipairs(track.after) do
		out[#out + 1] = { at_ms = e.at_ms, text = e.text, n = i }
	end
	for i, e in ipairs(events) do
		e.n = #track.after + i
		out[#out + 1] = e
	end
	table.sort(out, function(a, b)
		local x, y = a.at_ms // 1000, b.at_ms // 1000
		return x < y or x == y and a.n < b.n
	end)
	return out
end

-- Each recipient: what became of it, and its state in the quarantine.
local function people(m, held)
	local out, by = {}, {}
	for _, g in ipairs(m.groups) do
		for _, address in ipairs(g.rcpts) do
			local p = { address = address, outcome = g.outcome, reason = g.reason }
			out[#out + 1] = p
			by[address] = p
		end
	end
	for _, rcpt in ipairs(held and held.rcpts or {}) do
		if by[rcpt.address] then
			by[rcpt.address].state = rcpt.state
		end
	end
	return out
end

-- The message and, when it is or was held, its entry in the quarantine.
local function find(id)
	local m, held = nil, can("quarantine") and held_get(id) or nil
	if held and held.trouble then
		held = not held.missing and held or nil
	end
	if can("log") then
		m = message(id)
	end
	if held and held.trouble then
		return nil, nil, held
	end
	if (not m or m.trouble) and held then
		local rcpts
		m, rcpts = from_quarantine(held)
		return m, held, nil, rcpts
	end
	if not m or m.trouble then
		return nil, nil, m or { trouble = "Your session may not see it.", wrong = true }
	end
	return m, held
end

local function show(r, trouble)
	local m, held, why, rcpts = find(r.id)
	if not m then
		return fail(why.temporary and 503 or 404, why.missing and
			"There is no message with this id. The message log keeps 93 days; an id of a " ..
			"message that is still coming in appears within a minute." or why.trouble)
	end
	m.rcpt_list = held and held.rcpts or nil
	if rcpts then
		m = { id = m.id, at_ms = m.at_ms, appliance = m.appliance, relay = m.relay,
			relay_name = m.relay_name, helo = m.helo, sender = m.sender, queue_id = m.queue_id,
			rcpts = rcpts, message_id = m.message_id, subject = m.subject,
			header_from = m.header_from, size = m.size,
			score = m.score, probability = m.probability, groups = m.groups, why = "",
			events = m.events, facts = m.facts, outcome = "quarantined" }
	end
	m.sum = contributions(m.facts, m.score)
	local can_act = held and can("quarantine")
	local track = tracked(m)
	return render("message", { title = m.subject ~= "" and cut(m.subject, 80) or "(no subject)",
		nav = held and "quarantine" or "mail", m = m, held = held, trouble = trouble,
		sentences = sentences(m, not rcpts), track = track,
		story = merged(story(m, held), track), people = people(m, held),
		acts = can_act, key = can_act and new_key(), done = r.field.done })
end

local orders = {
	deliver = function(id, o)
		o.wait_s = 30
		return release(id, o)
	end,
	approve = function(id, o)
		o.wait_s, o.approve = 30, true
		return release(id, o)
	end,
	wanted = function(id, o)
		o.wait_s, o.learn = 30, "wanted"
		return release(id, o)
	end,
	spam = function(id, o)
		o.learn = "spam"
		return forget(id, o)
	end,
	delete = forget,
	restore = restore,
	forward = function(id, o, to)
		return forward(id, { to = to, key = o.key })
	end,
}

page("/message/:id", {
	right = "",
	get = function(r)
		return show(r)
	end,
	post = function(r)
		local order = orders[r.field["do"] or ""]
		if not can("quarantine") then
			return fail(403, "What is held is for those who have the right “quarantine”.")
		elseif not order then
			return fail(400, "The form names no order that there is.")
		end
		local o = { key = r.field.key or new_key() }
		local answer = order(r.id, o, r.field.to or "")
		if answer.trouble then
			return show(r, answer.trouble)
		end
		return go("/message/" .. r.id .. "?" .. urlquery{ done = r.field["do"] })
	end,
})
