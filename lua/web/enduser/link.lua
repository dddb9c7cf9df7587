-- What a link of a digest opens: one message and one button. Opening changes
-- nothing, whoever opens it; the button does it, once.
local texts = use("texts")

-- "2026-11-22 14:02 UTC", which every reader understands.
local function date(ms)
	local s = stamp(ms)
	return string.sub(s, 1, 10) .. " " .. string.sub(s, 12, 16) .. " UTC"
end

local codes = { gone = 410, ended = 410, bad = 404, wait = 429, away = 503, used = 409,
	closed = 409, barred = 403 }

-- %WORD% by what the answer says.
local function fill(sentence, a)
	return (string.gsub(sentence, "%%(%a+)%%", a))
end

local function message_of(a)
	if a.sender == "" and a.subject == "" then
		return nil
	end
	return { sender = a.sender, subject = a.subject ~= "" and a.subject or "–",
		date = date(a.received_ms), reason = a.reason }
end

local function show(r, a, t, ticket)
	local action = a.action == "allow" and a.allow == "" and a.result == "open" and "release" or
		a.action
	local said = (t[a.result] or {})[action] or t[a.result]
	local way = a.result == "open" and action or a.again and a.again ~= "" and
		(action == "opt_out" and "opt_in" or "opt_out")
	local fields = { person = a.person or "", rule = a.rule or "", allow = a.allow or "",
		reason = a.reason or "",
		date = a.done_ms and date(a.done_ms) or "", done = t.states[a.done] or "" }
	-- A page that only looks is no conflict.
	local code = not r.post and (a.result == "used" or a.result == "closed") and 200 or
		codes[a.result] or 200
	return render("link", { lang = t.lang, words = t.words, title = said[1],
		text = fill(said[2], fields), message = a.result == "open" and message_of(a) or nil,
		alert = code >= 400, button = way and t.buttons[way], danger = way == "delete",
		ticket = a.result == "open" and ticket or a.again }, code)
end

local function answer(r, use_it)
	local ticket = r.field.t or ""
	return show(r, link(ticket, use_it), texts[r.field.l] or texts.en, ticket)
end

page("/link", {
	get = function(r)
		return answer(r, false)
	end,
	post = function(r)
		return answer(r, true)
	end,
})

page("/", {
	get = function(r)
		local t = texts[r.field.l] or texts.en
		return render("link", { lang = t.lang, title = t.home[1], text = t.home[2] })
	end,
})
