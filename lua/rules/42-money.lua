-- Ways to become rich.
return {
	group = "money", cap = 4500,
	about = "investments, loans and work that are too good",
	{ "MONEY_CRYPTO", 700, text = [[
		\b(?:bitcoin|btc|crypto(?:currency)?|ethereum|forex|
		binary options?|usdt|nft|altcoins?|tether)\b.{0,250}\b
		(?:invest|profit|earn|trading|trade|returns?|daily|weekly|
		doubl|guarante|platform|mining|bonus|airdrop|withdraw)
		]],
		about = "coins to become rich with" },
	{ "MONEY_PROFIT", 1100, text = [[
		\b(?:guaranteed?|daily|weekly|monthly|passive|instant|
		risk[- ]free|100%|[0-9]{2,4}%)\b ?(?:\w+ ){0,2}\b
		(?:profits?|returns?|roi|income|earnings|winnings|payouts?)
		\b
		]],
		about = "a sure profit" },
	{ "MONEY_HOME", 450, text = [[
		\b(?:work (?:from|at) (?:the comfort of your )?home|
		home[- ]based (?:business|job|income)|be your own boss|
		fire your boss|quit your (?:day )?job|financial (?:freedom|
		independence)|extra (?:cash|income|money)|earn (?:money|
		cash|up to|thousands|[$€£] ?[0-9])|make (?:money|cash|
		thousands|[$€£] ?[0-9][0-9,.]+)|second income|
		residual income|unlimited income|money[- ]making)\b
		]],
		about = "money to earn at home" },
	{ "MONEY_WEEK", 300, text = [[
		(?:[$€£] ?[0-9][0-9,.]{2,}k?|[0-9][0-9,.]{2,} ?(?:usd|eur|
		euros?|dollars)) ?(?:\+ )?(?:\w+ )?(?:per|a|each|every|/) ?
		(?:day|week|month|hour|hr|wk)\b
		]],
		about = "so much a week" },
	{ "MONEY_MLM", 450, text = [[
		\b(?:multi-?level|mlm|network marketing|downline|
		gifting program|pyramid|ground ?floor opportunity|
		business opportunity|opportunity of a life ?time)\b
		]],
		about = "a chain of sellers" },
	{ "MONEY_STOCK", 1300, text = [[
		\b(?:otc ?(?:bb|: ?|pk)|pink ?sheets?|symbol ?:|ticker ?:|
		penny stocks?|hot stock|stock (?:alert|pick|tip|watch)|
		strong buy|target price|short[- ]term target|(?:current|
		recent) price ?:|investor alert|explosive (?:growth|stock))
		\b.{0,250}(?:\bbuy\b|\bprice|\btarget|\btrad|\binvest|
		\$ ?[0-9])
		]],
		about = "a share to buy now" },
	{ "MONEY_DEBT", 1100, text = [[
		\b(?:debt (?:relief|consolidation|free|elimination|
		settlement|help)|consolidate (?:your )?(?:debts?|bills?|
		credit)|eliminate (?:your )?(?:debts?|credit card)|
		get out of debt|credit (?:repair|score|rating) ?.{0,40}
		(?:fix|improve|clean|boost|repair)|bad credit|
		no credit check|erase (?:bad )?(?:credit|debt)|tax debt|
		irs debt)\b
		]],
		about = "a way out of debt" },
	{ "MONEY_MORTGAGE", 1100, text = [[
		\b(?:mortgage|refinanc\w+|home (?:loan|equity)|remortgage|
		home ?owners?)\b.{0,200}\b(?:rates?|lowest|low|approved|
		approval|save|cash out|lenders?|quote|apply|payments?|
		pre-?approved)\b
		]],
		about = "a mortgage" },
	{ "MONEY_PREAPPROVED", 1000, text = [[
		\b(?:pre-?approved|pre-?qualified|you(?:'re|
		 are| have been)? (?:already )?approved|instant(?:ly)? approv\w+|
		guaranteed approval|no (?:credit|income|employment) (?:check|
		verification)|bad credit (?:ok|okay|no problem))\b
		]],
		about = "approved before it was asked" },
	{ "MONEY_INSURANCE", 700, text = [[
		\b(?:life|auto|car|health|term|home|final expense|bur
		ial) (?:insurance|coverage|warranty)\b.{0,200}\b(?:quotes?|save|
		lowest|rates?|free|compare|cheap|affordable|premiums?|
		expire|no exam)\b
		]],
		about = "an insurance" },
	{ "MONEY_CASINO", 1300, text = [[
		\b(?:online )?(?:casino|roulette|black ?jack|slot (?:machines?|
		games?)|free spins?|poker room|sports ?book|betting|jackpot)
		\b.{0,200}\b(?:bonus|free|win|deposit|play|chips?|spins?|
		welcome|cash|download|register)\b
		]],
		about = "a casino" },
	{ "MONEY_BONUS", 700, text = [[
		\b(?:welcome|deposit|sign[- ]?up|no[- ]deposit|
		first deposit) bonus\b|\b[0-9]{2,4}% (?:match )?bonus\b|\b
		(?:[$€£] ?[0-9]{2,5}) (?:free|bonus)\b
		]],
		about = "a bonus for a deposit" },
	{ "MONEY_JOB", 1000, text = [[
		\b(?:payment (?:processing )?(?:agent|officer|
		representative|manager)|financial (?:agent|manager|
		representative)|money transfer (?:agent|manager)|
		mystery shopper|secret shopper|receiving payments|process
		(?:ing)? (?:payments|checks|cheques)|company representative|
		book ?keeper (?:needed|wanted)|(?:shipping|parcel|
		reshipping) (?:agent|manager|coordinator)|
		personal assistant (?:needed|position)|data entry (?:clerk|
		job)|car wrap)\b
		]],
		about = "work as a carrier of money" },
	{ "MONEY_JOB_OFFER", 700, text = [[
		\b(?:part[- ]time|remote|online|flexible|home[- ]office)\b ?
		(?:\w+ ){0,3}\b(?:jobs?|position|vacanc(?:y|ies)|work|
		employment)\b.{0,250}\b(?:no experience|per (?:week|hour|
		day|month)|weekly|salary|\$|€|£|hours? (?:a|per) (?:day|
		week)|commission)
		]],
		about = "easy work" },
	{ "MONEY_CASH_NOW", 450, text = [[
		\b(?:cash (?:advance|now|today|fast|bonus|prize|reward)|
		fast cash|instant cash|payday loans?|cash in (?:your|
		minutes|24)|merchant cash|business (?:funding|capital|
		line of credit)|working capital)\b
		]],
		about = "cash at once" },
	{ "MONEY_SURVEY", 900, text = [[
		\b(?:complete|take|answer|participate in|fill out|finish)
		\b.{0,40}\b(?:short |quick |brief |our |this |a |the |
		[0-9]+[- ](?:second|minute|question) )*survey\b.{0,160}\b
		(?:reward|gift|prize|win|free|voucher|receive|claim|\$)|\b
		(?:exclusive|survey|loyalty|customer) rewards?\b.{0,120}\b
		(?:claim|selected|offer|today|expire)
		]],
		about = "a reward for a survey" },
	{ "MONEY_GIFT", 900, text = [[
		\b(?:claim|get|receive|win|free|your|won|collect)\b ?
		(?:\w+ ){0,4}(?:[$€£] ?[0-9]{2,5} ?)?\b(?:gift ?card|
		voucher|i ?phone|ipad|samsung galaxy|yeti|dewalt|stanley|
		tool ?set|power ?bank|air ?fryer|cordless|macbook|
		playstation|kitchenaid|le creuset)\b.{0,160}\b(?:free|claim|
		reward|winner|prize|survey|selected|shipping|now|today|
		congrat|congratulations)
		]],
		about = "a present to claim" },
	{ "MONEY_EXPIRES", 100, text = [[
		\b(?:offer|deal|promotion|coupon|discount|sale|price|this) (?:\w+ )?
		(?:expires?|ends?|is valid|valid only|good only|only valid|
		won't last|will not last)\b|\b(?:limited[- ]time|today only|
		while supplies last|act (?:now|fast|today|immediately)|
		hurry|order now|don't (?:wait|miss|delay)|last chance|
		only [0-9]+ (?:left|remaining|spots?|hours?))\b
		]],
		about = "now or never" },
	{ "MONEY_GUARANTEE", 250, text = [[
		\b(?:100% (?:free|guaranteed?|satisfaction|money[- ]back|
		risk[- ]free|natural|safe|legal)|money[- ]back guarantee|
		satisfaction guaranteed|no (?:risk|obligation|
		strings attached|hidden|questions asked|catch|gimmicks?|
		cost)|risk[- ]free|absolutely free|free of charge|without (?:any )?
		(?:risk|obligation))\b
		]],
		about = "no risk at all" },
	{ "MONEY_DONE", 900, any = { "MONEY_CRYPTO", "MONEY_PROFIT",
		"MONEY_HOME", "MONEY_WEEK", "MONEY_MLM", "MONEY_PREAPPROVED",
		"MONEY_EXPIRES", "MONEY_GUARANTEE", "MONEY_CASH_NOW",
		"MONEY_BONUS" }, least = 3,
		about = "much of what such offers are made of" },
}
