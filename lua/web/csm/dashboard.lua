-- The first page: is mail flowing, what became of it, what is wrong.
local words = use("words")

local HOUR = 3600000
local NEWEST = 8
local HEIGHT, WIDTH = 120, 24 -- of the chart's plot; of one hour in it

-- Calls f; its result, or nil when the database does not answer.
local function try(f, ...)
	local ok, result = pcall(f, ...)
	return ok and result or nil
end

-- Figures by outcome, today beside yesterday.
local function figures(rows)
	local by, out, all = {}, {}, { today = 0, before = 0 }
	for _, row in ipairs(rows) do
		by[row.name] = row
		all.today = all.today + row.today
		all.before = all.before + row.before
	end
	for _, name in ipairs(words.outcomes) do
		local f = by[name] or { today = 0, before = 0 }
		if f.today + f.before > 0 or #out < 4 and name ~= "redirected" then
			out[#out + 1] = { name = name, title = words.capital(name), today = f.today,
				before = f.before, about = words.outcome[name] }
		end
	end
	return out, all
end

-- The next of 1, 2, 3, 4, 6, 8, 10, 20 …
local function round_up(n)
	local unit = 1
	while unit * 10 <= n do
		unit = unit * 10
	end
	for _, f in ipairs({ 1, 2, 3, 4, 6, 8 }) do
		if unit * f >= n then
			return unit * f
		end
	end
	return unit * 10
end

-- 24 hours with what became of mail in each, the oldest first.
local function hours(rows, now)
	local first = now - now % HOUR - 23 * HOUR
	local out = {}
	for i = 0, 23 do
		out[i + 1] = { at = first + i * HOUR, n = {}, sum = 0 }
	end
	for _, row in ipairs(rows) do
		local h = out[(row.hour - first) // HOUR + 1]
		if h then
			h.n[row.name] = (h.n[row.name] or 0) + row.n
			h.sum = h.sum + row.n
		end
	end
	return out
end

-- The outcomes that there are, in their order.
local function present(list)
	local out = {}
	for _, name in ipairs(words.outcomes) do
		for _, h in ipairs(list) do
			if h.n[name] then
				out[#out + 1] = name
				break
			end
		end
	end
	return out
end

-- Stacked bars: { x, y, height, name } each, and the lines of the scale.
local function chart(list)
	local most = 0
	for _, h in ipairs(list) do
		most = math.max(most, h.sum)
	end
	if most == 0 then
		return nil
	end
	local top = round_up(most)
	local c = { names = present(list), bars = {}, hours = {}, top = top, half = top / 2 }
	if c.half % 1 == 0 then
		c.half = top // 2
	end
	for i, h in ipairs(list) do
		local y = HEIGHT
		for _, name in ipairs(c.names) do
			local height = (h.n[name] or 0) * HEIGHT / top
			y = y - height
			if height > 0 then
				c.bars[#c.bars + 1] = { x = (i - 1) * WIDTH + 3, width = WIDTH - 6, name = name,
					y = string.format("%.2f", y), height = string.format("%.2f", height) }
			end
		end
		c.hours[i] = { x = (i - 1) * WIDTH, at = h.at, label = i % 6 == 1 }
	end
	return c
end

-- Roles in words: one line a role, its processes behind it; and the number of
-- the policy that is in force, when a filter runs here.
local function roles()
	local s = try(status)
	local out, by, generation = {}, {}, nil
	for _, p in ipairs(s and s.processes or {}) do
		local role = by[p.role]
		if not role then
			role = { title = p.title, well = true, processes = {} }
			by[p.role] = role
			out[#out + 1] = role
		end
		role.well = role.well and p.well and p.degraded == ""
		role.processes[#role.processes + 1] = p
		generation = p.generation or generation
	end
	return out, generation
end

page("/", {
	right = "",
	get = function(r)
		local outcomes = try(query, "page_outcomes", {})
		local by_hour = try(query, "page_hours", {})
		local list = hours(by_hour or {}, r.now_ms)
		local shown, all = figures(outcomes or {})
		local jobs = try(query, "page_jobs", {})
		local running, generation = roles()
		local v = { title = "Dashboard", nav = "dashboard", roles = running,
			generation = generation, draft = generation and try(draft), figures = shown,
			all = all, hours = list, chart = chart(list), database = outcomes ~= nil,
			breaks = try(query, "page_breaks", {}), jobs = jobs and jobs[1] }
		if can("quarantine") then
			local open = try(requests_open)
			v.asked = math.type(open) == "integer" and open or 0
		end
		if can("log") then
			v.newest = try(query, "page_mail", { 0, 0, "", "", "", "", NEWEST })
		end
		if can("quarantine") then
			v.held = try(held_list, { limit = NEWEST })
		end
		return render("dashboard", v)
	end,
})

-- What the chart shows, for a spreadsheet.
page("/hours.csv", {
	right = "",
	get = function(r)
		local list = hours(query("page_hours", {}), r.now_ms)
		local lines = { "hour," .. table.concat(words.outcomes, ",") }
		for _, h in ipairs(list) do
			local cells = { stamp(h.at) }
			for _, name in ipairs(words.outcomes) do
				cells[#cells + 1] = tostring(h.n[name] or 0)
			end
			lines[#lines + 1] = table.concat(cells, ",")
		end
		return file("mail-by-hour.csv", "text/csv; charset=utf-8",
			table.concat(lines, "\r\n") .. "\r\n")
	end,
})
