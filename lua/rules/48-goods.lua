-- What is sold by mail that nobody asked for.
return {
	group = "goods", cap = 4200,
	about = "goods and services offered to strangers",
	{ "GOODS_REPLICA", 1600, text = [[
		\b(?:replicas?|imitations?|fake|copies of|designer|luxury|
		swiss|mirror)\b ?(?:\w+ ){0,3}\b(?:watch(?:es)?|rolex|
		hand ?bags?|bags|louis vuitton|gucci|prada|cartier|omega|
		breitling|chanel|jewelry|shoes)\b|\b(?:rolex|cartier|
		breitling|patek|tag heuer|louis vuitton|gucci)\b.{0,80}\b
		(?:replicas?|cheap|discount|% off|fake|imitation|outlet|
		from \$)
		]],
		about = "copies of watches and bags" },
	{ "GOODS_SOFTWARE", 450, text = [[
		\b(?:oem|cheap|discount(?:ed)?|low[- ]cost|cheapest|
		wholesale|original) (?:\w+ )?softwares?\b|\b(?:adobe|
		photoshop|windows (?:xp|7|8|10|11|vista)|office (?:xp|2003|
		2007|2010|2016|2019|2021)|autocad|norton)\b.{0,80}
		(?:[$€£] ?[0-9]{2,3}[.,]?[0-9]{0,2}).{0,120}\b(?:retail|
		save|you save|download|oem|our price|license)
		]],
		about = "software for little money" },
	{ "GOODS_DIPLOMA", 1800, text = [[
		\b(?:university|college|bachelor'?s?|master'?s?|mba|ph\.?d|
		doctorate|life experience) ?(?:\w+ ){0,3}\b(?:diplomas?|
		degrees?)\b.{0,200}\b(?:no (?:required )?(?:tests?|classes|
		exams?|books|study)|non-?accredited|life experience|
		based on your|call|no one is turned down|confidential|days|
		buy)|\b(?:diplomas?|degrees?)\b.{0,80}\bno (?:required )?
		(?:tests?|classes|exams?|books)\b
		]],
		about = "diplomas" },
	{ "GOODS_SEO", 1200, text = [[
		\b(?:seo|search engine optimi[sz]ation|first page (?:of
		|on) google|page (?:1|one) of google|top (?:of|10|ten) (?:in |
		on )?(?:of )?google|rank(?:ing)?s? (?:higher|on google|your)
		|google rank\w*|back ?links?|guest posts?|link building|
		domain authority|organic traffic|web ?site (?:traffic|
		ranking|redesign|design)|increase (?:your )?
		(?:web ?site )?traffic)\b.{0,300}\b(?:services?|proposal|
		packages?|price|quote|cost|affordable|report|audit|team|
		offer|help|improve|interested|reply|rank|first page)
		]],
		about = "better places in search engines" },
	{ "GOODS_WEB_DESIGN", 900, text = [[
		\b(?:web ?site|web|app|mobile app|logo|wordpress|ios|
		android|shopify|e-?commerce) (?:re-?)?(?:design(?:ing)?|
		develop(?:ment|er|ing)|redesign|maintenance)\b.{0,250}\b
		(?:company|services?|quote|proposal|affordable|team|cost|
		packages?|india|portfolio|reply|interested|phone number)
		]],
		about = "web sites and apps to order" },
	{ "GOODS_LISTS", 900, text = [[
		\b(?:e-?mail|contact|customers?|decision[- ]makers?|
		attendees?|leads?|executives?) (?:lists?|databases?)
		\b.{0,250}\b(?:counts?|pricing|verified|job titles?|
		acquir\w+|million|opt-?in|target(?:ed)? (?:industry|
		audience)|sample (?:file|data))|\b(?:million|millions of|
		fresh|[0-9]{2,},000) (?:e-?mail )?addresses\b
		]],
		about = "lists of addresses for sale" },
	{ "GOODS_BULK_MAIL", 450, text = [[
		\b(?:bulk e-?mail|e-?mail (?:blasts?|marketing (?:service|
		campaign)s?|advertis\w+)|mass mail(?:ing|er)|
		targeted e-?mails?|direct e-?mail|bullet ?proof|smtp (?:servers?|
		relay)|mailer (?:software|inbox)|leads? generation)
		\b.{0,250}\b(?:million|send|price|service|customers?|order|
		cheap|reach|campaign|hosting|inbox|software|\$)
		]],
		about = "mass mail for sale" },
	{ "GOODS_PRINTER", 900, text = [[
		\b(?:toner|ink|laser) ?cartridges?\b.{0,200}\b(?:save|off|
		cheap|discount|price|order|free shipping|%)
		]],
		about = "ink" },
	{ "GOODS_CABLE", 1300, text = [[
		\b(?:cable (?:descrambler|filter|tv (?:box|converter))|
		free (?:cable|satellite|dish)|satellite (?:tv|dish)|
		pay[- ]per[- ]view|iptv|tv stick|live channels?|directv)
		\b.{0,200}\b(?:free|order|channels?|box|no (?:more )?
		(?:bills?|monthly)|subscription|off|\$|trial)
		]],
		about = "television without paying" },
	{ "GOODS_SPY", 1000, text = [[
		\b(?:find out|learn|discover|know)\b.{0,40}\b(?:anything|
		everything|all) (?:about|on) (?:any(?:one|body)|your|people)
		|\b(?:background checks?|spy (?:software|on|cam)|inte
		rnet (?:detective|investigator)|hidden cameras?|reverse phone|
		mug ?shots?|arrest records?)\b
		]],
		about = "find out about anybody" },
	{ "GOODS_TRAVEL", 300, text = [[
		\b(?:free|won|complimentary|discount(?:ed)?|cheap|
		all[- ]inclusive|luxury) (?:\w+ ){0,3}(?:vacations?|
		cruises?|getaways?|holidays?|resort|trip|airfare|tickets?|
		time ?share|travel)\b
		]],
		about = "a journey" },
	{ "GOODS_FACTORY", 700, text = [[
		\b(?:we are (?:a |an |one of )?(?:the )?(?:\w+ ){0,3}
		(?:manufacturer|factory|supplier|exporter|trading company|
		leading)|(?:manufacturer|factory|supplier|exporter)s? (?:of|
		in|from|specializ\w+)|glad to (?:know|learn|hear) (?:that )?you|
		our (?:main )?products? (?:include|are|is)|moq|
		factory price|fob (?:price|china|shenzhen|shanghai)|oem (?:and|
		&|/) ?odm)\b
		]],
		about = "a factory introduces itself" },
	{ "GOODS_DOMAIN", 1200, text = [[
		\b(?:domain (?:name )?(?:expir\w+|renew\w+|registration|
		notice|services?|search engine|submission)|search en
		gine (?:registration|submission)|(?:china|asia|hong ?kong) (?:domain|
		internet|network) (?:name )?(?:registr\w+|registry)|
		trademark (?:registration|publication)|internet keyword)
		\b.{0,250}\b(?:expir\w+|renew|pay|payment|register|cancel|
		notice|confirm|conflict|objection|respond|fail|secure)
		]],
		about = "a domain to renew or to protect" },
	{ "GOODS_CATALOGUE", 100, text = [[
		\b(?:% off|save (?:up to )?[0-9]{2}|up to [0-9]{2}% off|
		[0-9]{2}% (?:discount|off|savings)|buy (?:one|1|two|2) get|
		free shipping|lowest prices?|best prices?|clearance|
		wholesale prices?|special (?:price|offer)|promo code|coupon)
		\b.{0,300}\b(?:order|buy|shop|click|now|today|offer|limited)
		]],
		about = "a bargain" },
	{ "GOODS_WAY_OUT", 0, text = [[
		\b(?:to (?:be )?(?:remove|removed|unsubscribe|opt[- ]?out|
		stop (?:receiving|future))|if you (?:no longer wish|do not (?:wish|
		want)|don't (?:wish|want)|would (?:like|prefer)(?: not)? to|
		wish to (?:be removed|unsubscribe|opt)|are not interested)|
		reply with (?:the word )?"?(?:remove|unsubscribe|no|stop)"?|
		type "?remove"?|"?remove"? in the subject)\b
		]],
		about = "a way out of what was never asked for" },
	{ "GOODS_NOT_SPAM", 450, text = [[
		\b(?:this (?:e-?mail|message|mail|is)? ?(?:\w+ ){0,4}
		(?:is )?not (?:be )?(?:considered )?(?:an? )?(?:unsolicited|
		spam)|(?:can ?not|cannot) be considered spam|
		bill s\.? ?1618|section 301|can-?spam|in compliance with|
		one[- ]time (?:mailing|e-?mail|message)|you (?:are receiving|
		received|were sent) this (?:\w+ ){0,3}because you (?:\w+ ){0,3}
		(?:opted|signed|subscribed|registered|requested)|
		sent (?:to you )?in compliance|s\. ?1618)\b
		]],
		about = "says that it is no spam" },
	{ "GOODS_LAW_1618", 1500, text = [[
		\bs\.? ?1618\b|\bbill 1618\b|\bmurkowski\b|\bhr ?4176\b|
		\bh\.r\. ?3113\b
		]],
		about = "quotes a law that never was" },
}
