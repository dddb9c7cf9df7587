-- Company for the lonely.
return {
	group = "dating", cap = 4500,
	about = "people who want to meet strangers",
	{ "DATING_ADULT", 450, text = [[
		\b(?:hot|horny|sexy|naughty|lonely|single|cheating|local|
		mature|teen|asian|russian|ukrainian|slutty|nude|wet|young) (?:\w+ )?
		(?:girls?|wom[ae]n|wives|housewives|singles|ladies|babes?|
		milfs?|moms?|sluts?|chicks?|teens|brides?|wife|lady|
		neighbors?)\b
		]],
		about = "women of all kinds" },
	{ "DATING_PORN", 450, text = [[
		\b(?:xxx|hard ?core|porno?|blow ?jobs?|cum ?shots?|
		gang ?bang|incest|bestiality|pussy|pussies|tits|nude (?:pics?|
		photos?|celebs?|celebrities)|live sex|sex (?:cams?|videos?|
		tapes?|shows?|sites?|chat|dating)|free (?:sex|porn|xxx)|
		adult (?:videos?|sites?|content|dating|friend ?finder|
		entertainment|movies?|webcams?))\b
		]],
		about = "pornography" },
	{ "DATING_PORN_MANY", 1500, text = { [[\bxxx\b]], [[\bporn]],
		[[\bhard ?core\b]], [[\bteens?\b]], [[\bcum\b]], [[\banal\b]],
		[[\blesbian]], [[\bpussy\b]], [[\bsluts?\b]], [[\bhorny\b]],
		[[\bnaked\b]], [[\bnude\b]], [[\bblow ?job]], [[\bfuck]],
		[[\bcocks?\b]], [[\bwebcam]] }, least = 4,
		about = "much pornography" },
	{ "DATING_18", 600, text = [[
		\b(?:18\+|over (?:18|21)|must be (?:at least )?(?:18|21)|
		(?:18|21) years (?:of age|old) or older|adults only)\b
		]],
		about = "for adults only" },
	{ "DATING_MEET", 450, text = [[
		\b(?:meet|date|chat with|hook ?up with|find|dating)\b ?
		(?:\w+ ){0,4}\b(?:singles|women|girls|ladies|your (?:match|
		soul ?mate|perfect match|true love)|someone special|sexy|
		tonight|in your area|near you|love of)\b
		]],
		about = "somebody to meet" },
	{ "DATING_PROFILE", 900, text = [[
		\b(?:i (?:saw|found|viewed|came across|read|liked?) your (?:profile|
		photo|picture|contact)|your profile (?:on|at|attracted
		)|my (?:photos?|pictures?|pics?)|i (?:am|m) (?:a )?(?:\w+ ){0,3}
		(?:girl|woman|lady)|(?:single|lonely|honest|caring|loving|
		simple) (?:\w+ )?(?:girl|woman|lady|female)|looking for (?:a )?
		(?:\w+ ){0,3}(?:man|relationship|husband|friend(?:ship)?|
		love|partner|soul ?mate))\b.{0,400}\b(?:e-?mail|write|reply|
		photos?|pictures?|know (?:each other|more|you)|contact|
		relationship|love)
		]],
		about = "a stranger who read a profile" },
	{ "DATING_RUSSIAN", 1000, text = [[
		\b(?:russian|ukrain\w+|from russia|from ukraine|kazan|
		cheboksary|yoshkar|saratov)\b.{0,250}\b(?:bride|girl|woman|
		lady|love|marriage|relationship|photo|meet|single)
		]],
		about = "a bride from afar" },
	{ "DATING_CELEBS", 900, text = [[
		\b(?:paris hilton|britney|pamela anderson|angelina jolie|
		jennifer lopez|kim kardashian|anna kournikova|celebrit(?:y|
		ies))\b.{0,60}\b(?:nude|naked|sex|tape|video|porn|xxx|
		uncensored)
		]],
		about = "naked celebrities" },
	{ "DATING_NIGHT", 450, text = [[
		\b(?:discreet(?:ly)?|affairs?|no strings|one[- ]night|
		f[*u]ck ?budd\w+|casual (?:sex|encounters?|dating)|married (?:women|
		men|dating)|hook ?ups?|sugar (?:daddy|mommy|baby))
		\b.{0,200}\b(?:meet|join|sign|free|click|local|tonight|
		dating|area|profile|chat)
		]],
		about = "a short acquaintance" },
}
