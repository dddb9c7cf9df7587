-- What people ask for and may not release themselves.

local SAID = { yes = " gets the message in 30 seconds.", no = " does not get it: it stays held." }

local function show(r, trouble)
	local all = (r.field.all or "") ~= ""
	local got = requests(all)
	local done = SAID[r.field.did or ""]
	for _, row in ipairs(got.rows or {}) do
		row.key = new_key()
	end
	local v = { title = "Requests", nav = "requests", rows = got.rows or {}, all = all,
		trouble = got.trouble or trouble, done = done and r.field.rcpt and r.field.rcpt .. done }
	return render("requests", v, got.trouble and 503 or trouble and 400 or 200)
end

page("/requests", {
	right = "quarantine",
	get = function(r)
		return show(r)
	end,
	post = function(r)
		local f = r.field
		local did = f["do"] or ""
		if not SAID[did] then
			return show(r, "The form names no answer that there is: yes or no.")
		end
		local done = request_answer(f.id or "", { rcpt = f.rcpt or "", key = f.key,
			yes = did == "yes", note = f.note or "" })
		if done.trouble then
			return show(r, done.trouble)
		end
		return go("/requests?" .. urlquery({ did = did, rcpt = f.rcpt }))
	end,
})
