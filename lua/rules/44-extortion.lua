-- Blackmail.
return {
	group = "extortion", cap = 7500,
	about = "threatens to tell what never was",
	{ "EXTORT_WALLET", 0, text = [[
		\b(?:bc1[a-z0-9]{25,62}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|
		0x[0-9a-f]{40}|ltc1[a-z0-9]{25,62}|4[0-9ab][0-9a-z]{93}|
		t[a-z0-9]{33})\b
		]],
		about = "an account for coins" },
	{ "EXTORT_CAMERA", 1800, text = [[
		\b(?:web ?cam|camera|front camera)\b.{0,200}\b
		(?:recorded you|footage|pleasur|masturb|porn|satisf|
		intimate)
		]],
		about = "claims to have filmed the reader" },
	{ "EXTORT_HACKED", 1500, text = [[
		\b(?:i|we) (?:have |'ve |had )?(?:hacked|gained (?:full )?access|
		infected|compromised)\b.{0,120}\b(?:your|device|computer|
		account|operating system|phone|trojan|malware|rat|spyware|
		virus|mailbox)
		]],
		about = "claims to have broken in" },
	{ "EXTORT_MALWARE", 1300, text = [[
		\b(?:trojan|spyware|key ?logger|remote (?:access|desktop|
		administration)|malware|exploit|drive-by|rat)\b.{0,250}\b
		(?:your (?:device|computer|screen|contacts?|files|browser|
		camera|messenger)|all your)
		]],
		about = "claims to have watched" },
	{ "EXTORT_CONTACTS", 1500, text = [[
		\b(?:send|forward|share|leak|publish|post|spread|
		distribut\w+|upload)\b.{0,80}\b(?:video|footage|recording|
		material|dirt)\b.{0,80}\b(?:to )?(?:all )?(?:of )?your (?:contacts?|
		friends?|relatives|family|colleagues|co-?workers|wife|
		husband)
		]],
		about = "threatens to tell the family" },
	{ "EXTORT_PORN", 1200, text = [[
		\b(?:porn(?:ographic|ography)?|adult|xxx|erotic|intimate|
		dirty)\b ?(?:\w+ ){0,3}\b(?:web ?sites?|sites?|videos?|
		content|pages?|portals?|films?|clips?)\b.{0,300}\b(?:record|
		video|you|watch|visit|enjoy|pleasure|satisf)
		]],
		about = "speaks of what was watched" },
	{ "EXTORT_PAY", 1300, text = [[
		\b(?:send|transfer|pay|payment of|deposit|make (?:a|
		the) payment)\b.{0,60}(?:[$€£] ?[0-9]{3,5}|\b[0-9]{3,5} ?(?:usd|
		dollars?|eur|euros?|\$|€)|\b0[.,][0-9]+ ?btc).{0,160}\b
		(?:bitcoin|btc|wallet|litecoin|monero|crypto|address)|\b
		(?:bitcoin|btc|litecoin|monero)\b.{0,120}\b(?:wallet|
		address)\b.{0,160}\b(?:hours|days|time|payment|pay|send|
		deadline)
		]],
		about = "wants to be paid in coins" },
	{ "EXTORT_HOURS", 900, text = [[
		\b(?:you have|i give you|giving you|within|exactly|
		no more than|only)\b ?(?:\w+ ){0,3}(?:24|36|48|50|72|one|
		two|three|2|3) ?(?:hours?|days?|hrs?)\b.{0,200}\b(?:pay|
		transfer|send|payment|bitcoin|btc|timer|countdown|start|
		after (?:you )?(?:open|read))
		]],
		about = "counts the hours" },
	{ "EXTORT_POLICE", 900, text = [[
		\b(?:do(?:n't| not)|no (?:sense|point|use))\b.{0,60}\b
		(?:police|authorit(?:y|ies)|complain|track|find me|reply|
		trace|respond|contact me|look for me)\b.{0,200}\b(?:bitcoin|
		wallet|untrace|video|useless|stolen|tracked|anonym|hacked|
		share|disseminat)
		]],
		about = "says that nobody can help" },
	{ "EXTORT_PASSWORD", 1200, text = [[
		\b(?:your password|ur password|this is your password|
		one of your passwords?|is your pass(?:word|code)?s?)
		\b.{0,200}\b(?:know|secret|hack|record|visit|watch|pay|
		video|lets?|directly|point|access)
		]],
		about = "shows an old password" },
	{ "EXTORT_BOMB", 1800, text = [[
		\b(?:bomb|explosive device|tetryl|hitman|hit man|assassin|
		kill you|acid|ddos)\b.{0,300}\b(?:bitcoin|btc|pay|transfer|
		usd|\$)
		]],
		about = "threatens with violence" },
	{ "EXTORT_DATA", 1300, text = [[
		\b(?:your (?:company|web ?site|database|server|customers?|
		site))\b.{0,120}\b(?:hacked|stolen|leak(?:ed)?|exfiltrat\w+|
		extracted|encrypted|breach)\b.{0,300}\b(?:bitcoin|btc|pay|
		ransom|auction|reputation|\$)
		]],
		about = "threatens to publish data" },
	{ "EXTORT_ALL", 2500, any = { "EXTORT_WALLET", "EXTORT_CAMERA",
		"EXTORT_HACKED", "EXTORT_MALWARE", "EXTORT_CONTACTS",
		"EXTORT_PORN", "EXTORT_PAY", "EXTORT_HOURS", "EXTORT_POLICE",
		"EXTORT_PASSWORD" }, least = 3,
		about = "all that a blackmailer writes" },
}
