-- The product's words: outcomes and reasons, each with one line.
local words = {}

-- In the order in which charts and tables show them.
words.outcomes = { "delivered", "tagged", "redirected", "quarantined", "delayed", "rejected",
	"deferred", "discarded" }

words.outcome = {
	delivered = "delivered as it was",
	tagged = "delivered with a mark",
	redirected = "sent to somebody else",
	quarantined = "withheld for somebody to look at",
	delayed = "held back for a while",
	rejected = "refused for good; the sender was told",
	deferred = "refused for now; the sender tries again",
	discarded = "thrown away",
}

words.reasons = { "Spam", "Virus", "Blocked", "Blacklisted", "Suspect", "Offensive",
	"Unscannable", "Rejected" }

words.reason = {
	Spam = "Its contents look like advertising that nobody asked for.",
	Virus = "A virus scanner found something in it.",
	Blocked = "The host that sent it is on a list of blocked hosts.",
	Blacklisted = "Its sender or host is on a blacklist, perhaps a user's own.",
	Suspect = "Something about it is doubtful, but not enough to be sure.",
	Offensive = "It has words that the site does not want.",
	Unscannable = "It could not be looked into: damaged, encrypted or too large.",
	Rejected = "It was refused for this recipient, but not for others.",
	Answer = "It answers a digest; a job carries it out and removes it.",
}

-- "Spam" -> "Spam"; an unknown one is shown as it is.
function words.explain(reason)
	return words.reason[reason] or "A rule of this site gave this reason."
end

-- "2 of 3 recipients", "its recipient", "both recipients", "all 3 recipients"
function words.of_recipients(n, all)
	if all == 1 then
		return "its recipient"
	elseif n == all and all == 2 then
		return "both recipients"
	elseif n == all then
		return "all " .. count(all) .. " recipients"
	end
	return count(n) .. " of " .. count(all) .. " recipients"
end

-- words.plural(3, "message") -> "3 messages"
function words.plural(n, one, many)
	return count(n) .. " " .. (n == 1 and one or many or one .. "s")
end

-- An estimate: words.about(120) -> "≈ 120".
function words.about(n)
	local text = count(n)
	return string.sub(text, 1, #"≈") == "≈" and text or "≈ " .. text
end

-- "mail is kept" -> "Mail is kept."
function words.sentence(text)
	if text == "" then
		return ""
	end
	local out = string.upper(string.sub(text, 1, 1)) .. string.sub(text, 2)
	return string.find(out, "[.!?]$") and out or out .. "."
end

function words.capital(text)
	return string.upper(string.sub(text, 1, 1)) .. string.sub(text, 2)
end

local record_types = { [1] = "A", [2] = "NS", [5] = "CNAME", [12] = "PTR", [15] = "MX",
	[16] = "TXT", [28] = "AAAA" }

-- 16 -> "TXT", as RFC 1035 and 3596 number them
function words.record_type(n)
	return record_types[n] or "TYPE" .. n
end

-- "+1.250" of 1/1000 logit: all of it, so that what is shown adds up
function words.score(n)
	return string.format("%+.3f", n / 1000)
end

return words
