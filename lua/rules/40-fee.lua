-- Strangers who want to share money.
return {
	group = "advance fee", cap = 6500,
	about = "a stranger wants to share money",
	{ "FEE_KIN", 1400, text = [[\bnext of kin\b]],
		about = "speaks of a next of kin" },
	{ "FEE_MILLION", 400, text = [[
		(?:(?:us ?)?[$€£]|\b(?:usd|gbp|eur|us dollars?|dollars?
		)\b) ?[0-9]{1,3}(?:[.,][0-9]{1,3})* ?(?:m\b|million|millions)|
		\b[0-9]{1,3}(?:[.,][0-9])? ?million (?:us|united states|
		american|british|euro|dollars|pounds|usd|gbp|eur)|\b(?:
		(?:us ?)?[$€£]|usd|gbp|
		eur) ?[0-9]{1,3}[,.][0-9]{3}[,.][0-9]{3}(?:[.,][0-9]{2})?\b
		]],
		about = "speaks of millions" },
	{ "FEE_BENEFICIARY", 400, text = [[\bbeneficiary\b]],
		about = "speaks of a beneficiary" },
	{ "FEE_DECEASED", 450, text = [[
		\b(?:deceased|late (?:husband|father|client|customer|mr|mrs|
		engineer|engr|president|general|dr)|died (?:in|of|without|
		intestate)|plane crash|auto crash|car accident|air crash|
		killed in|cancer)\b.{0,300}\b(?:fund|deposit|account|bank|
		estate|inherit|money|million|will)
		]],
		about = "somebody died and left money" },
	{ "FEE_BARRISTER", 1200, text = [[
		\b(?:barrister|attorney at law|diplomatic agent|
		consignment box|trunk box|metallic box|escrow officer|
		remittance department|foreign (?:remittance|operations|
		payment) (?:director|department|office)|auditor general|
		bill and exchange|credit officer|accounts? officer)\b
		]],
		about = "lawyers and couriers with boxes of money" },
	{ "FEE_TRANSFER", 450, text = [[
		\b(?:transfer|move|moving|transferring|release|remit|
		repatriat\w+|relocate|claim)\b.{0,60}\b(?:the |this |these |
		said |such |total |your |huge |above )*(?:fund|funds|money|
		sum|inheritance|consignment|fortune|amount)\b
		]],
		about = "money is to be moved" },
	{ "FEE_SECRET", 450, text = [[
		\b(?:strictly|utmost|absolute|top|highly|very|kept?|treat
		(?:ed)?(?: this)?(?: as| with)?)\b.{0,30}\b(?:confidential
		(?:ity)?|secre(?:t|cy))\b
		]],
		about = "asks to keep a secret" },
	{ "FEE_PERCENT", 450, text = [[
		\b(?:[1-6][0-9]|5) ?(?:%|percent|per cent)\b.{0,60}\b
		(?:of the|for you|of this|to you|share|total|sum|fund|
		will be (?:yours|for))|\bshar(?:e|ing) (?:ratio|formula|
		percentage)\b|\b(?:50|60|70|40)[:/](?:50|40|30|60)\b
		]],
		about = "offers a share" },
	{ "FEE_FOREIGN", 900, text = [[
		\b(?:foreign(?:er)? (?:partner|account|bank account|
		associate|investor)|business proposal|mutual(?:ly)? (?:benefi\w+|
		understanding)|business (?:partner|transaction|relations
		hip) (?:with you|that|of)|profitable (?:business|transaction|
		deal)|lucrative (?:business|deal|transaction))\b
		]],
		about = "a business proposal" },
	{ "FEE_TRUST", 300, text = [[
		\b(?:i (?:am|m) contacting you|i (?:got|obtained|fo
		und) your (?:contact|e-?mail|address|name)|
		may come (?:to you )?as a surprise|as a (?:great )?surprise|
		surprised? to (?:receive|read|get)|you do not know me|
		don't know me|we have not met|never met|permit me to|
		pardon me for|unsolicited|seek your (?:assistance|consent|
		help|partnership)|solicit your|your (?:kind|urgent) (?:assistance|
		attention|response|reply)|trustworthy|god[- ]fearing|
		honest person)\b
		]],
		about = "a stranger introduces himself" },
	{ "FEE_LOTTERY", 800, text = [[
		\b(?:lottery|lotto|sweepstakes?|promo(?:tion)?(?:al)? (?:draw|
		award|program)|e-?mail (?:ballot|draw|promotion)|online (?:draw|
		promo)|mega ?millions|powerball)\b.{0,250}\b(?:won|winner|
		winning|prize|claim|ballot|ticket|lucky)|\b(?:won|winner|
		winning|lucky)\b.{0,160}\b(?:lottery|lotto|sweepstakes?|
		draw|raffle)\b
		]],
		about = "a lottery nobody played" },
	{ "FEE_WINNER", 1100, text = [[
		\b(?:you have|you've|your e-?mail (?:address|id)? ?(?:has|
		have)?|congratulations?[!.,]* you(?: have|'ve| are)?) (?:\w+ )?
		(?:won|been selected|been chosen|been picked|emerged|
		the winner|a winner|been awarded)\b.{0,200}\b(?:prize|
		reward|claim|gift|million|lucky|voucher|[$€£])
		]],
		about = "you have won" },
	{ "FEE_CLAIM", 450, text = [[
		\b(?:claims? (?:agent|officer|department|your (?:prize|
		winning|fund|reward|gift|money))|fiduciary|winning (?:number|
		e-?mail|ticket|numbers)|batch (?:number|no)|reference (?:number|
		no)\b.{0,40}batch|ticket (?:number|no)|serial (?:number|no)
		.{0,40}(?:drew|drawn|lucky))
		]],
		about = "a prize to claim" },
	{ "FEE_DONATION", 900, text = [[
		\b(?:donat(?:e|ed|ing|ion)|give ?away|charity|grant|
		compensation)\b.{0,80}(?:[$€£]|\b(?:usd|eur|gbp|million|
		us dollars)\b).{0,160}\b(?:you|your|beneficiary|selected|
		contact|individual|random)
		]],
		about = "a donation to a stranger" },
	{ "FEE_COMPENSATION", 1300, text = [[
		\b(?:compensation|inheritance|contract|overdue|unpaid|
		outstanding|scam victims?|unclaimed|abandoned|dormant|atm|
		over-?invoiced)\b ?(?:\w+ ){0,3}\b(?:fund|payment|account|
		award|card|sum|cheque|check)s?\b
		]],
		about = "money that waits for you" },
	{ "FEE_ATM_CARD", 1400, text = [[
		\batm (?:visa |master ?|debit )?card\b.{0,160}\b(?:million|
		usd|\$|withdraw|value|loaded|deliver|worth|courier)
		]],
		about = "a card full of money" },
	{ "FEE_OFFICIAL", 450, text = [[
		\b(?:central bank of|federal ministry|united nations|
		world bank|imf|international monetary fund|fbi|
		federal bureau|interpol|reserve bank of|bank of (?:africa|
		england|ghana|nigeria|america)|eco ?bank|zenith bank|
		standard bank|minist(?:er|ry) of (?:finance|petroleum|mines)
		|national petroleum|nnpc|office of the president|efcc|
		homeland security)\b.{0,300}\b(?:fund|payment|million|
		transfer|release|approved|compensation|beneficiary)
		]],
		about = "an office that pays strangers" },
	{ "FEE_AFRICA", 500, text = [[
		\b(?:nigeria|lagos|abuja|ivory coast|cote d'?ivoire|abidjan|
		burkina faso|ouagadougou|togo|lome|benin republic|
		republic of benin|cotonou|ghana|accra|senegal|dakar|
		sierra leone|liberia|zimbabwe|south africa|johannesburg|
		congo|angola|zaire|gambia)\b.{0,400}\b(?:fund|million|bank|
		deposit|transfer|beneficiary|inherit|consignment)
		]],
		about = "a place where such letters come from" },
	{ "FEE_WAR", 450, text = [[
		\b(?:u\.?s\.? (?:army|soldier|marine|military)|sergeant|
		captain|general|colonel|peace ?keeping|iraq|afghanistan|
		syria|saddam|libya|gaddafi|yemen|ukraine)\b.{0,300}\b
		(?:fund|million|boxe?s?|consignment|trunk|gold|dollars|
		deposit|cash)
		]],
		about = "a soldier's booty" },
	{ "FEE_WIDOW", 450, text = [[
		\b(?:widow|orphan|refugee|only (?:son|daughter|child)|dying|
		terminal(?:ly)?(?: ill)?|oesophageal|esophageal|
		breast cancer|few (?:months|weeks) to live|sick ?bed|
		hospital bed|my (?:late )?husband)\b.{0,300}\b(?:fund|
		million|money|deposit|inherit|charity|orphanage|church|god|
		bank|will)
		]],
		about = "a widow with money" },
	{ "FEE_GOD", 400, text = [[
		\b(?:god bless|remain blessed|in the (?:lord|name of god)|
		almighty|yours in christ|calvary greetings|dearly beloved|
		beloved (?:in|one|friend)|dear(?:est)? (?:one|friend|
		beloved|in the lord|in christ))\b
		]],
		about = "greets in God's name" },
	{ "FEE_GOLD", 1000, text = [[
		\b(?:gold (?:dust|bars?|nuggets?|dore)|rough diamonds?|
		alluvial gold|uncut diamonds?|raw gold|carats?)\b.{0,250}\b
		(?:kg|kilo|buyer|seller|sell|purity|price|interested|export|
		supply)
		]],
		about = "gold for sale" },
	{ "FEE_LOAN", 1300, text = [[
		\b(?:do you need|are you (?:in need of|looking for|seeking)|
		in need of|apply for|we (?:offer|give|provide|grant)|get|
		obtain)\b.{0,40}\b(?:an? |any |urgent |quick |genuine |
		personal |business |kind of )*(?:loans?|financing|funding|
		credit)\b.{0,250}\b(?:interest rate|% (?:interest|per)|
		percent|[0-9]% |without collateral|no collateral|apply|
		duration|amount needed|loan amount)
		]],
		about = "a stranger lends money" },
	{ "FEE_FORM", 1100, text = [[
		\b(?:full names?|your names?)\b ?[:=._-]*.{0,60}\b
		(?:address|country|occupation|age|sex|phone|telephone|tel|
		mobile|nationality|marital)\b ?[:=._-]*.{0,80}\b
		(?:occupation|age|sex|gender|phone|telephone|tel|mobile|
		country|next of kin|account|amount|passport|identification|
		marital)\b
		]],
		about = "a form about yourself to send back" },
	{ "FEE_REPLY_TO", 300, text = [[
		\b(?:reply|respond|contact|write|get back|e-?mail|re
		ach) (?:\w+ ){0,4}(?:to|me|at|on|via|through|him|her|us)
		\b[^@]{0,80}[a-z0-9._+-]+@(?:gmail|yahoo|hotmail|outlook|
		aol|live|qq|163|yandex|mail|proton|protonmail|zoho|gmx|
		rediffmail|terra|excite|lycos|myway|netscape|tiscali|libero|
		virgilio|sify|indiatimes|walla|juno|email|inbox|post|
		accountant|lawyer|consultant|financier|representative|
		diplomats)\.[a-z.]{2,6}
		]],
		about = "answers go to a free mailbox" },
	{ "FEE_COUNT", 1800, any = { "FEE_KIN", "FEE_MILLION",
		"FEE_BENEFICIARY", "FEE_DECEASED", "FEE_BARRISTER",
		"FEE_TRANSFER", "FEE_SECRET", "FEE_PERCENT", "FEE_FOREIGN",
		"FEE_TRUST", "FEE_LOTTERY", "FEE_WINNER", "FEE_CLAIM",
		"FEE_DONATION", "FEE_COMPENSATION", "FEE_OFFICIAL", "FEE_WAR",
		"FEE_WIDOW" }, least = 4,
		about = "much of what such letters are made of" },
	{ "FEE_FREEMAIL", 900, all = { "FEE_MILLION" }, any = { "__FREE_FROM",
		"__FREE_REPLY" },
		about = "millions from a free mailbox" },
}
