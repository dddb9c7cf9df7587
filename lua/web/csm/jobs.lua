-- What is done at its time: the jobs of this appliance.

local SAID = { run = " was started.", enable = " is done at its time from now on.",
	disable = " is not done by itself any more." }

local function show(r, said)
	local got = jobs()
	local v = { title = "Jobs", nav = "jobs", jobs = got.jobs or {},
		trouble = got.trouble or said and said.trouble, done = said and said.done,
		open = r.field.job }
	return render("jobs", v, got.trouble and 503 or said and said.trouble and 400 or 200)
end

local function order(verb, name)
	if verb == "run" then
		return job_run(name)
	end
	return job_enable(name, verb == "enable")
end

page("/jobs", {
	right = "jobs",
	get = function(r)
		local said = SAID[r.field.did or ""]
		return show(r, said and r.field.job and { done = r.field.job .. said })
	end,
	post = function(r)
		local verb, name = r.field["do"] or "", r.field.job or ""
		if not SAID[verb] then
			return show(r, { trouble = "There is no such order." })
		end
		local done = order(verb, name)
		if done.trouble then
			return show(r, { trouble = done.trouble })
		end
		return go("/jobs?" .. urlquery({ did = verb, job = name }))
	end,
})
