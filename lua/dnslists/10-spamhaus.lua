-- Spamhaus. Free for low-volume, non-commercial use from a resolver of one's
-- own: open resolvers (and those of large providers) are answered
-- 127.255.255.254, which is an alarm here, never a hit. Others use the Data
-- Query Service: register, write "spamhaus WORD" into etc/pm/dnslist-keys and
-- turn on the lists whose names end in -dqs instead.
local terms = "https://www.spamhaus.com/free-trial/sign-up-for-a-free-data-query-service-account/"
local refused = { "127.255.255.*" }

local zen = {
	{ "DNS_SPAMHAUS_SBL", 4000, "127.0.0.2",
		about = "the relay belongs to known spammers" },
	{ "DNS_SPAMHAUS_CSS", 3000, "127.0.0.3",
		about = "the relay sends spam in small amounts" },
	{ "DNS_SPAMHAUS_XBL", 3500, "127.0.0.4-7",
		about = "the relay was taken over, or is an open proxy" },
	{ "DNS_SPAMHAUS_DROP", 5000, "127.0.0.9",
		about = "the relay's network was hijacked by spammers" },
	{ "DNS_SPAMHAUS_PBL", 2500, "127.0.0.10-11",
		about = "the relay is a customer's line that should not send "
			.. "mail itself" },
}

local dbl = {
	{ "DNS_SPAMHAUS_DBL_SPAM", 4000, "127.0.1.2",
		about = "a domain in it belongs to spammers" },
	{ "DNS_SPAMHAUS_DBL_PHISH", 5000, "127.0.1.4",
		about = "a domain in it is used for phishing" },
	{ "DNS_SPAMHAUS_DBL_MALWARE", 5000, { "127.0.1.5", "127.0.1.6" },
		about = "a domain in it spreads or steers malware" },
	{ "DNS_SPAMHAUS_DBL_ABUSED", 1500, "127.0.1.102-106",
		about = "a good domain in it is abused by others" },
}

-- A list with these hits.
local function with(list, hits)
	for i, hit in ipairs(hits) do list[i + 1] = hit end
	return list
end

return {
	group = "spamhaus", cap = 7000, about = "lists of Spamhaus",
	with({ "spamhaus-zen", kind = "ip", zone = "zen.spamhaus.org",
		help = "https://check.spamhaus.org/",
		about = "addresses of spammers, of bots and of customers' lines",
		terms = terms, refused = refused }, zen),
	with({ "spamhaus-zen-dqs", kind = "ip",
		zone = "{spamhaus}.zen.dq.spamhaus.net",
		help = "https://check.spamhaus.org/",
		about = "spamhaus-zen for registered sites",
		terms = terms, refused = refused }, zen),
	with({ "spamhaus-dbl", kind = "domain", zone = "dbl.spamhaus.org",
		test = "dbltest.com", clean = "dbltest-not.example",
		about = "domains of spam, phishing and malware",
		terms = terms, refused = { "127.255.255.*", "127.0.1.255" } },
		dbl),
	with({ "spamhaus-dbl-dqs", kind = "domain",
		zone = "{spamhaus}.dbl.dq.spamhaus.net",
		test = "dbltest.com", clean = "dbltest-not.example",
		about = "spamhaus-dbl for registered sites",
		terms = terms, refused = { "127.255.255.*", "127.0.1.255" } },
		dbl),
	{ "spamhaus-zrd-dqs", kind = "domain",
		zone = "{spamhaus}.zrd.dq.spamhaus.net", test = false,
		clean = false,
		about = "domains first seen within a day, for registered sites",
		terms = terms, refused = refused,
		{ "DNS_SPAMHAUS_ZRD", 2000, "127.0.2.2-24",
			about = "a domain in it is less than a day old" } },
	{ "spamhaus-hbl-mail-dqs", kind = "hash", of = "mail",
		hash = "sha1-base32",
		zone = "_email.{spamhaus}.hbl.dq.spamhaus.net",
		about = "mail addresses of criminals, for registered sites",
		terms = terms, refused = refused,
		{ "DNS_SPAMHAUS_HBL_MAIL", 4000, "127.0.3.*",
			about = "a mail address in it belongs to criminals" } },
	{ "spamhaus-hbl-file-dqs", kind = "hash", of = "file",
		hash = "sha256-base32",
		zone = "_file.{spamhaus}.hbl.dq.spamhaus.net",
		about = "files that are malware, for registered sites",
		terms = terms, refused = refused,
		{ "DNS_SPAMHAUS_HBL_MALWARE", 8000, "127.0.3.10",
			about = "a file in it is malware" },
		{ "DNS_SPAMHAUS_HBL_SUSPECT", 4000, "127.0.3.15",
			about = "a file in it is probably malware" } },
}
