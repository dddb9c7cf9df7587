-- Reports: one at a time, as picture and table; CSV beside it.
local function question(r)
	local f = r.field
	return { name = f.name or "categories", since = f.since or "", ["until"] = f["until"] or "",
		host = f.host or "", group = f.group or "" }
end

page("/reports", {
	right = "log",
	get = function(r)
		local q = question(r)
		local report = report(q)
		return render("reports", { title = "Reports", nav = "reports", f = q, names = report_names(),
			groups = groups(),			report = report.rows and report, trouble = report.trouble },
			report.wrong and 400 or report.trouble and 503 or 200)
	end,
})

-- What report_file made, under a name; kind: of the file.
local function answer(r, kind, picture)
	local q = question(r)
	q.picture = picture
	local made = report_file(q)
	if made.trouble then
		return fail(made.wrong and 400 or 503, made.trouble)
	end
	return file("report-" .. q.name .. (picture and ".svg" or ".csv"), kind, made.text)
end

page("/reports.csv", {
	right = "log",
	get = function(r)
		return answer(r, "text/csv; charset=utf-8")
	end,
})

page("/reports.svg", {
	right = "log",
	get = function(r)
		return answer(r, "image/svg+xml", true)
	end,
})
