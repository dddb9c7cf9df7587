-- Invoices for what nobody bought, with a number to call.
return {
	group = "callback", cap = 4500,
	about = "a telephone number instead of a link",
	{ "__PHONE", text = [[
		(?:\+ ?1[ .(-]{0,2}|\b1[ .-]|\()?\b8(?:00|08|33|44|55|66|77|
		88|05|10|18|20)\)?[ .-]{1,3}[0-9]{3}[ .-]{0,2}[0-9]{4}\b|
		\+1 ?\(?[0-9]{3}\)?[ .-]{0,2}[0-9]{3}[ .-]{0,2}[0-9]{4}\b
		]] },
	{ "CALLBACK_PHONE_ODD", 900, text = [[
		\b8[o0]{2}[ .)*_~-]{1,4}[0-9o]{3}[ .*_~-]{1,4}[0-9o]{2,4}\b.
		{0,3}[~*_]|\+1[ *~_]{1,3}[([{<]?[0-9]{3}[)
		\]}>]?[ *~_.-]{2,5}[0-9]{3}[ *~_.-]{2,5}[0-9]{4}
		]],
		about = "a telephone number in disguise" },
	{ "__RENEWAL", text = [[
		\b(?:auto-?(?:renew|debit|pay)\w*|renew(?:al|ed)?|
		subscription|membership|protection plan|order (?:id|number|
		no)|invoice (?:id|number|no)|transaction id|charged|debited|
		deducted|purchase)\b.{0,250}(?:[$€£] ?[0-9]{2,4}
		(?:[.,][0-9]{2})?|\b(?:usd|\$) ?[0-9]{2,4})
		]] },
	{ "__NOT_YOU", text = [[
		\b(?:if you (?:did not|didn't|have not|wish to|want to)|
		to cancel|for cancell?ation|to dispute|not authori[sz]ed|
		unauthori[sz]ed|to stop|refund|to claim|if this (?:was
		|is) not|was not you|wasn't you)\b.{0,120}\b(?:call|contact|
		dial|reach|phone|helpline|toll)
		]] },
	{ "CALLBACK", 2400, all = { "__PHONE", "__RENEWAL", "__NOT_YOU" },
		about = "a charge nobody knows of, and a number to call" },
	{ "CALLBACK_FREEMAIL", 1500, all = { "CALLBACK", "__FREE_FROM" },
		about = "the same from a free mailbox" },
	{ "CALLBACK_BRAND", 1500, all = { "__PHONE", "__NOT_YOU" },
		any = { "BRAND_NAME", "BRAND_SUBJECT" },
		about = "a well-known name, and a number to call" },
	{ "TECH_SUPPORT", 1500, text = [[
		\b(?:your )?(?:computer|pc|device|windows|system)\b.{0,60}\b
		(?:infected|hacked|compromised|virus(?:es)?|at risk|malware|
		trojan)\b.{0,200}\b(?:call|contact|support|technician|toll|
		scan now|protect|renew)
		]],
		about = "a computer that is said to be infected" },
	{ "ANTIVIRUS_EXPIRED", 1200, text = [[
		\b(?:norton|mcafee|antivirus|anti-virus|protection|
		windows defender|avast|kaspersky)\b.{0,80}\b(?:expired|
		has ended|expires|expiring|renew|lapsed)
		]],
		about = "a protection that ends" },
}
