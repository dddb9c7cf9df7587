-- How the header is made.
return {
	group = "form", cap = 2800,
	about = "the header is not as mail programs write it",
	{ "NO_MESSAGE_ID", 200, fact = true, about = "there is no Message-ID" },
	{ "NO_TO", 100, fact = true, about = "it is addressed to nobody" },
	{ "NO_SUBJECT", 150, fact = true, about = "there is no subject" },
	{ "NO_FROM", 1200, fact = true, about = "there is no author" },
	{ "NO_MIME_VERSION", 300, fact = true,
		about = "parts without a MIME-Version" },
	{ "DATE_INVALID", 500, fact = true, about = "the date is impossible" },
	{ "DATE_FUTURE", 0, fact = true, about = "the date is to come" },
	{ "DATE_PAST", 0, fact = true, about = "the date is days ago" },
	{ "MESSAGE_ID_ODD", 500, fact = true,
		about = "the Message-ID is none" },
	{ "MESSAGE_ID_LOCAL", 0, fact = true,
		about = "the Message-ID has no domain" },
	{ "SUBJECT_SHOUTS", 350, fact = true,
		about = "the subject is all capitals" },
	{ "SUBJECT_MARKS", 400, fact = true,
		about = "the subject has many ! ? or $" },
	{ "SUBJECT_CODED_ASCII", 100, fact = true,
		about = "a plain subject is encoded" },
	{ "REPLY_ELSEWHERE", 100, fact = true,
		about = "answers go to another organisation" },
	{ "ENVELOPE_ELSEWHERE", 0, fact = true,
		about = "bounces go to another organisation" },
	{ "TO_ITSELF", 0, fact = true,
		about = "it is addressed to its author" },
	{ "FROM_NAME_ADDRESS", 900, fact = true,
		about = "the author's name holds another address" },
	{ "FROM_NAME_BIDI", 1800, fact = true,
		about = "the author's name turns its direction" },
	{ "FROM_NAME_HIDDEN", 1500, fact = true,
		about = "the author's name holds invisible characters" },
	{ "FROM_NAME_CONTROL", 900, fact = true,
		about = "the author's name holds control characters" },
	{ "FROM_NAME_BAD", 300, fact = true,
		about = "the author's name is no text of its charset" },
	{ "__FREE_FROM", header = { "From", [[
		@(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|
		aol|gmx|web|mail|yandex|proton(?:mail)?|icloud|qq|163|126|
		rediffmail|zoho)\.[a-z.]{2,6}>?\s*$
		]] } },
	{ "__FREE_REPLY", header = { "Reply-To", [[
		@(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|
		aol|gmx|web|mail|yandex|proton(?:mail)?|icloud|qq|163|126|
		rediffmail|zoho)\.[a-z.]{2,6}>?\s*$
		]] } },
	{ "REPLY_FREEMAIL", 200, all = { "REPLY_ELSEWHERE", "__FREE_REPLY" },
		about = "answers go to a free mailbox" },
	{ "FREEMAIL_BOTH", 500, all = { "REPLY_FREEMAIL", "__FREE_FROM" },
		about = "two different free mailboxes" },
	{ "TO_UNDISCLOSED", 350, header = { "To", [[
		undisclosed|^\s*recipients?\s*:|^\s*<?none>?$
		]] },
		about = "the recipients are not disclosed" },
	{ "FROM_DIGITS", 150, header = { "From", [[[a-z]*[0-9]{5,}[a-z]*@]] },
		about = "the author's address has a long number" },
	{ "FROM_RANDOM", 500, header = { "From", [[
		<?[bcdfghjklmnpqrstvwxz]{7,}[0-9]*@
		]] },
		about = "the author's address cannot be spoken" },
	{ "FROM_NO_NAME_INFO", 150, header = { "From", [[
		^<?(?:info|contact|office|admin|support|service|noreply|
		no-reply)[0-9]{2,}@
		]] },
		about = "a numbered office address" },
	{ "__SUBJECT_RE", subject = [[^(?:re|aw|sv|antw) ?:]] },
	{ "__IN_REPLY", header = { "In-Reply-To", "." } },
	{ "__REFERENCES", header = { "References", "." } },
	{ "__THREAD", any = { "__IN_REPLY", "__REFERENCES" } },
	{ "SUBJECT_RE_FALSE", 100, all = { "__SUBJECT_RE" },
		none = { "__THREAD" },
		about = "an answer to nothing" },
	{ "SUBJECT_TAIL", 500, subject = [[
		 {3,}[a-z0-9]{4,12}$|[ \t][0-9a-f]{10,}$
		]],
		about = "a random tail on the subject" },
	{ "SUBJECT_GAPS", 800, subject = [[
		(?:^| )(?:[a-z][ ._*-]){5,}[a-z](?: |$)
		]],
		about = "letters of the subject stand apart" },
	{ "SUBJECT_MONEY", 350, subject = [[
		[$€£] ?[0-9][0-9,.]{3,}|[0-9][0-9,.]{3,} ?(?:usd|eur|
		dollars|euros?)\b
		]],
		about = "the subject has a large sum" },
	{ "SUBJECT_URGENT", 300, subject = [[
		^(?:\W*)(?:urgent|important|attention|final (?:notice|
		warning|reminder)|last (?:chance|warning)|action required|
		immediate (?:action|response)|alert)\b
		]],
		about = "the subject presses" },
	{ "SUBJECT_FREE", 300, subject = [[
		\bfree (?:gift|trial|sample|money|access|quote|offer|report|
		membership|iphone|spins?)\b|\b100% free\b|^free\b
		]],
		about = "the subject gives something away" },
	{ "MAILER_MASS", 450, header = { "X-Mailer", [[
		\b(?:bulk ?mailer|mass ?mailer|stealth|turbo ?mailer|
		sendblaster|atomic mail|advanced mass sender|dark ?mailer|
		leaf ?phpmailer)
		]] },
		about = "a program for mass mail" },
	{ "PHP_SCRIPT", 500, header = { "X-PHP-Originating-Script", [[
		(?:mailer|leaf|wso|alfa|eval\(\))
		]] },
		about = "sent by a script of a web site" },
	{ "PHP_EVAL", 1500, header = { "X-PHP-Originating-Script", [[
		eval\(\)'d code
		]] },
		about = "sent by hidden code of a web site" },
	{ "HEADER_PLACEHOLDER", 2200, text = [[
		%%[a-z_]{3,30}%%|\{\{? ?(?:first_?name|last_?name|email|
		name) ?\}?\}|\[\[?-?(?:email|name|domain|randommd5|victim)
		-?\]?\]|##(?:email|victim\w*|name|domain)##|%(?:randnum|rnd|
		from_email|to_email)\b
		]],
		about = "a place that should have been filled in" },
	{ "SUBJECT_PLACEHOLDER", 2200, subject = [[
		%%[a-z_]{3,30}%%|##(?:email|victim\w*|name|domain)##|\[\[?-?
		(?:email|name|domain)-?\]?\]|\$\{[a-z_.]+\}
		]],
		about = "a place in the subject that should have been filled in" },
}
