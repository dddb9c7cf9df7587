-- Log-in, log-out, and the password.

local function show_log_in(r, trouble, code)
	return render("log-in", { title = "Log in", to = r.field.to or "", name = r.field.name or "",
		trouble = trouble }, code or 200)
end

page("/log-in", {
	get = function(r)
		if r.who then
			return go("/")
		end
		return show_log_in(r)
	end,
	post = function(r)
		local name, password = r.field.name or "", r.field.password or ""
		local done = log_in(name, password)
		if done.trouble then
			return show_log_in(r, done.trouble, done.temporary and 503 or 403)
		elseif done.must_change then
			return go("/password")
		end
		return go(r.field.to and r.field.to ~= "" and r.field.to or "/")
	end,
})

page("/log-out", {
	get = function()
		return go("/")
	end,
	post = function()
		log_out()
		return go("/log-in")
	end,
})

local function show_password(r, trouble)
	return render("password", { title = "Change password", trouble = trouble },
		trouble and 400 or 200)
end

page("/password", {
	right = "",
	must_change = true,
	get = function(r)
		return show_password(r)
	end,
	post = function(r)
		if r.field.new ~= r.field.again then
			return show_password(r, "The two new passwords differ: type the same twice.")
		end
		local done = set_password(r.field.old or "", r.field.new or "")
		if done.trouble then
			return show_password(r, done.trouble)
		end
		return go("/")
	end,
})
