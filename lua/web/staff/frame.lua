-- The frame around every page: menu, search, and the bar that says what is
-- wrong. Asked by top.html, so that an error page has it, too.
local words = use("words")
local menu = use("menu")
local frame = {}

-- What stands in the menu of this session.
local function links(current)
	local out = {}
	for _, item in ipairs(menu) do
		if not item.right or can(item.right) then
			out[#out + 1] = { path = string.sub(item.path, 2), name = item.name,
				here = item.key == current }
		end
	end
	return out
end

-- What the agent has raised here; *told* says which processes that is about.
local function of_the_book(out, told)
	local ok, s = pcall(alarms)
	if not ok or s.trouble then
		return ""
	end
	for _, a in ipairs(s.alarms) do
		told[a.from] = true
		out[#out + 1] = { text = words.sentence(a.text), since = a.since_ms,
			means = a.means, remedy = a.remedy }
	end
	return s.appliance
end

-- Processes that are not well, as alarms, when nothing is raised of them yet.
local function of_processes(out, told)
	local ok, s = pcall(status)
	if not ok or s.trouble then
		out[#out + 1] = { text = "The supervisor does not say how the roles are.",
			means = "Nothing is known of them from here.",
			remedy = "Run pm status on the appliance." }
		return
	end
	for _, p in ipairs(s.processes or {}) do
		if (not p.well or p.degraded ~= "") and not told[p.role .. "/" .. p.process] then
			local said = p.degraded ~= "" and p.degraded or p.state
			out[#out + 1] = { text = p.title .. ", " .. p.process .. ": " .. said .. ".",
				since = p.since_ms, means = words.sentence(p.without or ""),
				remedy = "pm status and the log say more; pm restart " .. p.role ..
					" starts it anew." }
		end
	end
end

-- What is wrong now, each { text, since, means, remedy }.
function frame.alarms()
	local out, told = {}, {}
	local here = of_the_book(out, told)
	of_processes(out, told)
	local ok, rows = pcall(query, "page_alarms", { here })
	if not ok then
		out[#out + 1] = { text = "The database does not answer.",
			means = "Mail flows on and nothing is lost; these pages show only what is " ..
				"not in the database.",
			remedy = "Run pm status on the appliance." }
		return out
	end
	for _, a in ipairs(rows) do
		out[#out + 1] = { text = a.appliance .. ": " .. a.text, since = a.since,
			means = a.means, remedy = a.remedy }
	end
	return out
end

function frame.fill(r, v)
	local f = { site = string.gsub(r.host or "", ":%d+$", ""), home = menu.home }
	if not r.who then
		return f
	end
	f.search = menu.search
	f.links = links(v.nav)
	f.alarms = frame.alarms()
	return f
end

return frame
