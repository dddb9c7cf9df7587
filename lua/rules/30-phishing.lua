-- Messages that want a password, a card or an account.
return {
	group = "phishing", cap = 6500,
	about = "somebody pretends to be somebody else",
	brands = {
		{ "PayPal", "paypal.com", "paypal.de", "paypal.me",
			"paypal-corp.com", "paypalobjects.com",
			"paypal.co.uk", "paypal.fr" },
		{ "Amazon", "amazon.com", "amazon.de", "amazon.co.uk",
			"amazon.fr", "amazon.it", "amazon.es", "amazon.co.jp",
			"amazon.ca", "amazon.in", "amazon.com.br",
			"amazon.nl", "amazon.pl", "amazon.se",
			"amazonaws.com", "amazonses.com", "amazon.jobs",
			"media-amazon.com", "awstrack.me", "audible.com" },
		{ "Netflix", "netflix.com", "nflxext.com", "nflximg.net" },
		{ "Apple", "apple.com", "icloud.com", "mzstatic.com",
			"apple.co", "me.com", "mac.com" },
		{ "iCloud", "icloud.com", "apple.com" },
		{ "Microsoft", "microsoft.com", "microsoftonline.com",
			"office.com", "live.com", "outlook.com",
			"windows.com", "microsoftemail.com", "office365.com",
			"sharepoint.com", "msn.com", "aka.ms", "azure.com",
			"skype.com", "linkedin.com", "onmicrosoft.com",
			"office.net", "microsoft365.com" },
		{ "Office 365", "microsoft.com", "office.com",
			"office365.com", "microsoftonline.com",
			"onmicrosoft.com" },
		{ "Office365", "microsoft.com", "office.com", "office365.com",
			"microsoftonline.com", "onmicrosoft.com" },
		{ "OneDrive", "microsoft.com", "live.com", "sharepoint.com",
			"1drv.ms", "onedrive.com", "sharepointonline.com" },
		{ "SharePoint", "microsoft.com", "sharepoint.com",
			"sharepointonline.com" },
		{ "Facebook", "facebook.com", "facebookmail.com", "fb.com",
			"meta.com", "fbcdn.net", "instagram.com" },
		{ "Instagram", "instagram.com", "facebook.com",
			"facebookmail.com", "meta.com", "cdninstagram.com" },
		{ "WhatsApp", "whatsapp.com", "facebook.com", "meta.com",
			"wa.me" },
		{ "LinkedIn", "linkedin.com", "licdn.com", "lnkd.in",
			"microsoft.com" },
		{ "Google", "google.com", "google.de", "google.co.uk",
			"gmail.com", "googlemail.com", "youtube.com",
			"googleapis.com", "gstatic.com", "goo.gl",
			"withgoogle.com", "googlegroups.com",
			"googleusercontent.com", "google.fr", "google.es",
			"google.it", "google.ca", "blogger.com",
			"blogspot.com", "android.com", "doubleclick.net",
			"googleadservices.com", "google-analytics.com",
			"googlesyndication.com" },
		{ "Dropbox", "dropbox.com", "dropboxmail.com",
			"dropboxusercontent.com", "db.tt" },
		{ "DocuSign", "docusign.com", "docusign.net" },
		{ "Adobe", "adobe.com", "adobesign.com", "echosign.com",
			"adobe.io" },
		{ "DHL", "dhl.com", "dhl.de", "dhl.fr", "dhl.co.uk", "dhl.nl",
			"dhl.it", "deutschepost.de", "dhl-news.com" },
		{ "FedEx", "fedex.com" },
		{ "UPS", "ups.com", "upsemail.com" },
		{ "USPS", "usps.com", "usps.gov" },
		{ "Royal Mail", "royalmail.com" },
		{ "Deutsche Post", "deutschepost.de", "dhl.de", "dpdhl.com" },
		{ "Hermes Paket", "hermesworld.com", "myhermes.de" },
		{ "DPD", "dpd.com", "dpd.de", "dpd.co.uk", "dpd.fr" },
		{ "Wells Fargo", "wellsfargo.com", "wellsfargoemail.com" },
		{ "Bank of America", "bankofamerica.com", "bofa.com",
			"ml.com" },
		{ "Chase Bank", "chase.com", "jpmorgan.com", "jpmchase.com" },
		{ "JPMorgan", "jpmorgan.com", "jpmchase.com", "chase.com" },
		{ "Citibank", "citi.com", "citibank.com", "citigroup.com" },
		{ "Citizens Bank", "citizensbank.com" },
		{ "Capital One", "capitalone.com" },
		{ "American Express", "americanexpress.com", "aexp.com",
			"amex.com", "americanexpress.de",
			"americanexpress.co.uk" },
		{ "Mastercard", "mastercard.com", "mastercard.us" },
		{ "HSBC", "hsbc.com", "hsbc.co.uk", "hsbc.com.hk" },
		{ "Barclays", "barclays.com", "barclays.co.uk",
			"barclaycard.co.uk" },
		{ "Lloyds Bank", "lloydsbank.com", "lloydsbank.co.uk",
			"lloydsbanking.com" },
		{ "NatWest", "natwest.com" },
		{ "Santander", "santander.com", "santander.co.uk",
			"santander.de", "gruposantander.es",
			"santander.com.br", "bancosantander.es" },
		{ "Sparkasse", "sparkasse.de", "s-markt.de", "sparkassen.de",
			"dsgv.de" },
		{ "Volksbank", "volksbank.de", "vr.de", "vr-bank.de",
			"bvr.de" },
		{ "Commerzbank", "commerzbank.de", "commerzbank.com" },
		{ "Deutsche Bank", "deutsche-bank.de", "db.com" },
		{ "Postbank", "postbank.de", "deutsche-bank.de" },
		{ "Comdirect", "comdirect.de" },
		{ "BNP Paribas", "bnpparibas.com", "bnpparibas.net",
			"bnpparibas" },
		{ "Société Générale", "socgen.com", "societegenerale.fr",
			"sg.fr" },
		{ "Crédit Agricole", "credit-agricole.fr",
			"credit-agricole.com" },
		{ "La Banque Postale", "labanquepostale.fr" },
		{ "ING-DiBa", "ing.de", "ing.com", "ing-diba.de" },
		{ "Rabobank", "rabobank.nl", "rabobank.com" },
		{ "Intesa Sanpaolo", "intesasanpaolo.com" },
		{ "Poste Italiane", "poste.it", "posteitaliane.it" },
		{ "UniCredit", "unicredit.it", "unicredit.eu",
			"unicreditgroup.eu", "hypovereinsbank.de" },
		{ "Banco do Brasil", "bb.com.br", "bancobrasil.com.br" },
		{ "Bradesco", "bradesco.com.br" },
		{ "Itaú", "itau.com.br", "itau.com" },
		{ "Nubank", "nubank.com.br" },
		{ "Klarna", "klarna.com", "klarna.de", "klarna.se" },
		{ "Coinbase", "coinbase.com" },
		{ "Binance", "binance.com", "binance.us" },
		{ "MetaMask", "metamask.io", "consensys.net" },
		{ "Trust Wallet", "trustwallet.com" },
		{ "Ledger Live", "ledger.com" },
		{ "Blockchain.com", "blockchain.com", "blockchain.info" },
		{ "Western Union", "westernunion.com" },
		{ "MoneyGram", "moneygram.com" },
		{ "eBay", "ebay.com", "ebay.de", "ebay.co.uk", "ebay.fr",
			"ebayinc.com", "ebaystatic.com", "ebay.it",
			"ebay.com.au" },
		{ "AliExpress", "aliexpress.com", "alibaba.com" },
		{ "Walmart", "walmart.com", "walmart.ca" },
		{ "Costco", "costco.com", "costco.ca" },
		{ "McAfee", "mcafee.com" },
		{ "Norton", "norton.com", "nortonlifelock.com",
			"symantec.com", "gendigital.com" },
		{ "Geek Squad", "geeksquad.com", "bestbuy.com" },
		{ "Best Buy", "bestbuy.com" },
		{ "Spotify", "spotify.com" },
		{ "Disney Plus", "disneyplus.com", "disney.com" },
		{ "Telekom", "telekom.de", "t-online.de", "telekom.com",
			"t-mobile.com", "magenta.at" },
		{ "Vodafone", "vodafone.com", "vodafone.de", "vodafone.co.uk",
			"vodafone.it" },
		{ "AT&T", "att.com", "att.net" },
		{ "Verizon", "verizon.com", "verizonwireless.com" },
		{ "Comcast", "comcast.com", "comcast.net", "xfinity.com" },
		{ "Xfinity", "xfinity.com", "comcast.com", "comcast.net" },
		{ "GoDaddy", "godaddy.com", "secureserver.net" },
		{ "IONOS", "ionos.com", "ionos.de", "1und1.de", "1and1.com" },
		{ "Strato AG", "strato.de", "strato.com" },
		{ "Internal Revenue Service", "irs.gov" },
		{ "HMRC", "gov.uk", "hmrc.gov.uk" },
		{ "ELSTER", "elster.de" },
		{ "Zoom Video", "zoom.us", "zoom.com" },
		{ "WeTransfer", "wetransfer.com", "we.tl" },
		{ "Intuit", "intuit.com", "quickbooks.com", "turbotax.com" },
		{ "QuickBooks", "intuit.com", "quickbooks.com" },
		{ "SunTrust", "suntrust.com", "truist.com" },
		{ "Regions Bank", "regions.com" },
		{ "US Bank", "usbank.com" },
		{ "Fifth Third Bank", "53.com" },
		{ "Washington Mutual", "wamu.com", "chase.com" },
		{ "Key Bank", "key.com", "keybank.com" },
		{ "Navy Federal", "navyfederal.org" },
		{ "Steam Support", "steampowered.com", "steamcommunity.com",
			"valvesoftware.com" },
		{ "Roblox", "roblox.com" },
		{ "Booking.com", "booking.com" },
		{ "Airbnb", "airbnb.com", "airbnb.de" },
	},
	{ "BRAND_NAME", 1900, fact = true,
		about = "the author's name is a well-known sender's, his address is not" },
	{ "BRAND_SUBJECT", 150, fact = true,
		about = "the subject names a well-known sender who did not write it" },
	{ "BRAND_HOST", 1500, fact = true,
		about = "a link's host has a well-known name in it" },
	{ "BRAND_LIKE", 1900, fact = true,
		about = "a host looks like a well-known one" },
	{ "ACCOUNT_VERIFY", 900, text = [[
		\b(?:verify|confirm|validate|re-?validate|authenticate|
		update) (?:and \w+ )?(?:your |ur |the )(?:\w+ ){0,3}
		(?:account|identity|information|details|ownership|mail ?box|
		e-?mail|password|billing|payment|records?|profile|
		credentials|wallet|card)\b
		]],
		about = "asks to confirm an account" },
	{ "ACCOUNT_LIMITED", 900, text = [[
		\b(?:your |ur |the )(?:\w+ ){0,4}(?:account|access|
		mail ?box|e-?mail|service|card|profile|wallet|subscription|
		membership|storage)s? (?:has been|have been|was|is|are|
		will be|is about to be|is being|shall be) (?:\w+ ){0,2}
		(?:suspend|limit|lock|block|disabl|deactivat|restrict|
		terminat|clos|flag|expir|placed on hold|on hold|delet|
		interrupt)
		]],
		about = "says that an account is limited" },
	{ "ACCOUNT_UNUSUAL", 450, text = [[
		\b(?:unusual|suspicious|unauthori[sz]ed|abnormal|
		unrecogni[sz]ed|irregular) (?:\w+ ){0,2}(?:sign[- ]?in|
		log[- ]?in|activit(?:y|ies)|access|transactions?|attempts?|
		device|charge|payment|purchase)\b
		]],
		about = "speaks of unusual activity" },
	{ "ACCOUNT_FAILURE", 300, text = [[
		\b(?:failure|failing|refusal|if you (?:do not|don't|fail to)
		|unless you|not doing so|ignor(?:e|ing) this)\b.{0,80}\b
		(?:suspen|terminat|clos|deactivat|delet|los[es]|block|
		permanent|limit|disabl|shut ?down)
		]],
		about = "threatens to close an account" },
	{ "ACCOUNT_HOURS", 600, text = [[
		\b(?:within|in|next|less than) (?:the next )?(?:24|48|72|12|
		36|two|three) ?(?:-|\()?(?:24|48|72)?\)? ?(?:hours?|hrs?|
		days?)\b.{0,120}\b(?:account|mail ?box|access|suspen|
		deactivat|terminat|delet|block|clos|verif|expire|lock)
		]],
		about = "gives hours to act" },
	{ "ACCOUNT_DEAR", 450, text = [[
		\bdear (?:valued |esteemed |our |most valued )?(?:\w+ )?
		(?:customer|client|user|member|account ?holder|
		account owner|card ?holder|subscriber|webmail user|
		e-?mail user|beneficiary)\b
		]],
		about = "does not know whom it is for" },
	{ "ACCOUNT_DEAR_ADDRESS", 600, text = [[
		\b(?:dear|hello|hi|attention|attn)
		[:,]? [a-z0-9._+-]+@[a-z0-9.-]+\.[a-z]{2,}
		]],
		about = "greets an address" },
	{ "MAILBOX_FULL", 1400, text = [[
		\b(?:mail ?box|e-?mail|inbox|storage|quota|web ?mail)
		\b.{0,60}\b(?:almost full|is full|is nearly full|exceed
		(?:ed|s|ing)?|over (?:its |the )?(?:limit|quota)|reached (?:its|
		the)|storage limit|quota limit|low storage|running out)
		\b.{0,200}\b(?:upgrade|increase|click|verify|validate|
		extend|clear|free up|re-?validate|log ?in)
		]],
		about = "says that a mailbox is full" },
	{ "MAILBOX_UPGRADE", 1300, text = [[
		\b(?:upgrad|updat|migrat|maintain|maintenance|enhanc)
		\w*\b.{0,60}\b(?:mail ?box|web ?mail|mail server|e-?mail (?:account|
		server|system|version)|outlook web)\b.{0,250}\b(?:click|
		fill|verify|log ?in|password|user ?name|link below)
		]],
		about = "says that mailboxes are renewed" },
	{ "MAILBOX_PENDING", 1500, text = [[
		\b(?:pending|undelivered|un-?received|blocked|held|
		quarantined|queued|incoming) (?:\w+ ){0,2}(?:e-?mails?|
		messages?|mails)\b.{0,160}\b(?:release|retrieve|review|
		deliver|restore|recover|inbox|portal|server)\b.{0,160}\b
		(?:click|below|here|button|messages|now)
		]],
		about = "promises mail that was held back" },
	{ "MAILBOX_PASSWORD", 1600, text = [[
		\b(?:password|pass ?word|pwd|credentials)\b.{0,50}\b
		(?:expir|will be reset|is due|needs? to be (?:changed|
		updated)|keep (?:your |the |current |same )*(?:current |
		same )?password|re-?confirm|to continue using)
		]],
		about = "says that a password expires" },
	{ "KEEP_PASSWORD", 1600, text = [[
		\b(?:keep|retain|use|continue with|maintain) (?:my |your |
		the )?(?:current|same|existing|my) password\b
		]],
		about = "offers to keep a password" },
	{ "ASKS_PASSWORD", 450, text = [[
		\b(?:user ?name|user ?id|e-?mail(?: address| id)?|login)
		\b ?[:=._()*-]{1,40}.{0,60}\b(?:confirm |current |e-?mail )?
		(?:password|passwort|pass word|mot de passe|contrase.a)
		\b ?[:=._()*-]{1,40}
		]],
		about = "a form for a password to send back" },
	{ "ASKS_CARD", 1500, text = [[
		\b(?:credit |debit |atm )?card (?:number|no\.?|details)
		\b.{0,160}\b(?:cvv2?|cvc|pin|security code|expir)
		]],
		about = "asks for a card's numbers" },
	{ "ASKS_SSN", 900, text = [[
		\b(?:social security|ssn|mother'?s maiden name|
		date of birth)\b.{0,120}\b(?:account|card|pin|password|bank)
		\b
		]],
		about = "asks for who you are" },
	{ "SECURE_MESSAGE", 900, text = [[
		\byou (?:have |'ve )?(?:received|got|have) (?:\(?[0-9a-z]+\)? )?
		(?:a |an |new |one |unread |important |secure[d]? |
		encrypted |confidential |pending |private )+(?:message|
		document|file|fax|voice ?mail|e-?fax|notification|
		security alert)s?\b
		]],
		about = "announces a secret message" },
	{ "SHARED_DOCUMENT", 800, text = [[
		\b(?:has |have )?(?:shared|sent|uploaded) (?:an? |the |
		some |important |this |new )*(?:\w+ )?(?:document|file|
		folder|invoice|pdf|proposal|contract|agreement)s? (?:with|
		to|for) you\b
		]],
		about = "somebody shared a document" },
	{ "VOICE_MESSAGE", 1000, text = [[
		\b(?:voice ?mail|voice message|missed call|audio message|
		vn message)\b.{0,120}\b(?:duration|length|received|caller|
		listen|play|download|attached|from:)
		]],
		about = "announces a voice message" },
	{ "PARCEL", 1100, text = [[
		\b(?:your |the |a )?(?:package|parcel|shipment|delivery|
		order|consignment|item)\b.{0,80}\b(?:could not be|
		couldn't be|was not|can ?not be|is on hold|has been held|
		on hold|unable to|pending|failed|awaiting|suspended|
		incomplete address|missing|wrong address|unpaid|customs)
		\b.{0,160}\b(?:fee|pay|confirm|schedule|reschedul|update|
		address|click|charge|details|re-?deliver)
		]],
		about = "a parcel that waits for money or data" },
	{ "PARCEL_FEE", 900, text = [[
		\b(?:pay|payment of|fee of|amount of|charge of|costs? of|
		shipping (?:fee|cost)s?)\b.{0,40}
		(?:[$€£] ?[0-9]{1,2}[.,][0-9]{2}|[0-9]{1,2}[.,][0-9]{2} ?
		(?:eur|usd|gbp|€|\$|£|chf))\b.{0,160}\b(?:parcel|package|
		delivery|shipment|customs|deliver)
		]],
		about = "a small fee for a parcel" },
	{ "TAX_REFUND", 1400, text = [[
		\b(?:tax|irs|hmrc|vat|council tax|stimulus) (?:\w+ ){0,3}
		(?:refund|rebate|return|payment|relief)\b.{0,160}\b(?:claim|
		eligible|submit|form|click|receive|entitled|pending|
		complete)
		]],
		about = "a tax refund" },
	{ "PAYMENT_DECLINED", 1000, text = [[
		\b(?:payment|billing|card|subscription|auto-?renewal|
		membership)\b.{0,60}\b(?:declined|failed|was unsuccessful|
		could not be processed|has expired|couldn't|problem|issue|
		on hold|rejected)\b.{0,160}\b(?:update|verify|confirm|renew|
		restore|payment (?:method|details|information))
		]],
		about = "a payment that failed" },
	{ "SEED_PHRASE", 2000, text = [[
		\b(?:seed|recovery|secret|backup) phrase\b|\b(?:12|24)
		[- ]words? (?:phrase|recovery|seed)|
		\bprivate keys? .{0,60}wallet|\bwallet (?:validation|
		verification|synchroni[sz]ation|kyc|upgrade)\b
		]],
		about = "wants a wallet's secret" },
	{ "WEBMASTER", 700, header = { "From", [[
		^"?(?:web ?mail|mail|it|system|help ?desk|e-?mail|server|
		account|security|domain|host|cpanel|roundcube|zimbra|
		outlook|portal|mail ?box)[ _-]*(?:admin(?:istrator)?|
		support|team|service|notification|alert|desk|quota|update|
		center|centre|upgrade|security)?s?"? ?<
		]] },
		about = "calls itself the mail system" },
	{ "HR_PAYROLL", 900, text = [[
		\b(?:salary|payroll|wage|bonus|compensation|benefits?|
		annual leave|employee handbook|performance (?:review|
		appraisal))\b.{0,60}\b(?:adjustment|increase|review|
		increment|statement|notification|update|enrol?lment|
		acknowledg|policy)\b.{0,160}\b(?:click|attached|view|scan|
		access|document|sign|below)
		]],
		about = "pay and benefits as a bait" },
	{ "BOSS_TASK", 1300, text = [[
		\bare you (?:available|free|at (?:your|the) (?:desk|office)|
		in the office|busy|around)\b.{0,200}\b(?:task|errand|
		favou?r|request|urgent|discreet|confidential|gift cards?|
		phone number|cell ?phone|text me|get back to me|reply|
		e-?mail me)
		]],
		about = "an errand for the boss" },
	{ "GIFT_CARDS", 1200, text = [[
		\b(?:purchase|buy|get|need|pick up|procure)\b.{0,60}\b
		(?:gift ?cards?|itunes cards?|steam cards?|
		google play cards?|amazon cards?|vouchers?)\b.{0,200}\b
		(?:scratch|codes?|back|pictures?|photos?|reimburs|
		denomination|confidential|surprise|clients?|staff)
		]],
		about = "asks to buy gift cards" },
	{ "BANK_CHANGED", 1300, text = [[
		\b(?:change|update|new|changed|updated|different)\b.{0,40}\b
		(?:bank(?:ing)? (?:account|details|information)|
		direct deposit|payroll (?:account|information|details)|
		account details|wire (?:details|instructions))\b.{0,200}\b
		(?:payment|pay|invoice|salary|payroll|transfer|effective|
		before|next)
		]],
		about = "another bank account" },
	{ "PHISH_SHORT", 900, all = { "ACCOUNT_VERIFY" },
		any = { "ACCOUNT_LIMITED", "ACCOUNT_UNUSUAL",
		"ACCOUNT_FAILURE", "ACCOUNT_HOURS" },
		about = "confirm, or else" },
	{ "PHISH_BRAND", 1200, any = { "BRAND_NAME", "BRAND_HOST",
		"BRAND_LIKE" }, all = { "LINKS_ELSEWHERE" },
		none = { "__THREAD" },
		about = "a well-known name, and links elsewhere" },
	{ "__PHISH_TEXT", any = { "ACCOUNT_VERIFY", "ACCOUNT_LIMITED",
		"ACCOUNT_UNUSUAL", "MAILBOX_FULL", "MAILBOX_PENDING",
		"MAILBOX_PASSWORD", "PARCEL", "PAYMENT_DECLINED",
		"SECURE_MESSAGE", "TAX_REFUND" } },
	{ "__PHISH_LINK", any = { "LINK_FREE_HOST", "LINK_SHORT",
		"LINK_CHEAP_TLD", "LINK_IP", "LINK_GOOGLE_FORM", "LINK_WP",
		"LINK_HIDDEN_DIR", "LINK_LOGIN_HOST", "LINK_OTHER",
		"LINK_OPEN_REDIRECT", "LINK_USER" } },
	{ "PHISH_LINK", 1500, all = { "__PHISH_TEXT", "__PHISH_LINK" },
		about = "an account to save, and a hidden way there" },
	{ "PHISH_PAGE", 1500, all = { "__PHISH_TEXT", "PAGE_ATTACHED" },
		about = "an account to save, in an attached page" },
}
