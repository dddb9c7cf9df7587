-- Covers under which malware and fraud come.
return {
	group = "themes", cap = 3800,
	about = "a pretext to open a file",
	{ "THEME_INVOICE", 200, text = [[
		\b(?:attached|enclosed|find|see|review|attachment)
		\b.{0,60}\b(?:invoice|statement|remittance|payment (?:advice|
		slip|copy|confirmation)|swift(?: copy)?|bank slip|receipt|
		purchase order|proforma|quotation|balance|outstanding|
		overdue)\b
		]],
		about = "a bill is attached" },
	{ "THEME_ORDER", 700, text = [[
		\b(?:new|urgent|trial|our|attached|sample|product|purch
		ase) (?:purchase )?(?:order|inquiry|enquiry|rfq|
		quotation request|list)\b.{0,200}\b(?:attached|attachment|
		kindly|quote|best price|revert|advise|confirm|proforma|
		delivery time|payment terms|find)
		]],
		about = "a stranger's order" },
	{ "THEME_KINDLY", 600, text = [[
		\bkindly (?:find|see|check|confirm|review|open|download|
		revert|click|advise|sign|provide|send|update|verify|follow|
		go through|acknowledge|be informed|note)\b
		]],
		about = "asks kindly" },
	{ "THEME_COURT", 450, text = [[
		\b(?:subpoena|court (?:notice|appearance|summons)|
		notice to appear|infringement (?:notice|report)|
		arrest warrant|traffic (?:ticket|violation)|speeding)
		\b.{0,250}\b(?:attached|click|view|download|respond|
		document|case|copy|see|here|pay)
		]],
		about = "a summons" },
	{ "THEME_CV", 200, text = [[
		\b(?:resume|curriculum vitae|my cv|job application|
		applying for)\b.{0,160}\b(?:attached|password|attachment|
		find|open)
		]],
		about = "an application" },
	{ "THEME_FAX", 900, text = [[
		\b(?:e-?fax|new fax|incoming fax|fax (?:message|document|
		received)|scanned? (?:document|image|file|copy|from)|xerox|
		scan[- ]to[- ]e-?mail|multi-?function|copier|scanner)
		\b.{0,200}\b(?:attached|pages?|view|open|download|received|
		click|secure)
		]],
		about = "a fax or a scan" },
	{ "THEME_TICKET", 500, text = [[
		\b(?:your|the) (?:flight|ticket|order|booking|reservation|
		e-?ticket) (?:\w+ ){0,3}(?:is attached|attached|has been (?:charged|
		processed|shipped|confirmed))\b
		]],
		about = "a ticket nobody ordered" },
	{ "THEME_ANTIVIRUS", 800, text = [[
		\b(?:scanned by|checked by|virus[- ]free|no virus
		(?:es)? found|clean\b.{0,20}virus|norton antivirus|
		mcafee virusscan)\b.{0,120}\b(?:attachment|found|clean|free)
		]],
		about = "says that it is free of viruses" },
	{ "THEME_ECARD", 1200, text = [[
		\b(?:e-?card|greeting card|postcard|virtual card)
		\b.{0,200}\b(?:pick up|view|click|sent you|friend|admirer|
		open|download|received)
		]],
		about = "a greeting card" },
	{ "THEME_NEWS", 450, subject = [[
		\b(?:shocking|breaking|exclusive|leaked|amazing|
		unbelievable|video of|must see|you won'?t believe|caught on)
		\b
		]],
		about = "a sensation" },
	{ "__FILE_BAIT", any = { "THEME_INVOICE", "THEME_ORDER",
		"THEME_COURT", "THEME_FAX", "THEME_TICKET", "VOICE_MESSAGE",
		"PARCEL" } },
	{ "__FILE_ACTS", any = { "NAME_PROGRAM", "NAME_TWO_ENDINGS",
		"NAME_DISK", "NAME_ACE", "NAME_ONENOTE", "FILE_AUTOEXEC",
		"FILE_XL4", "FILE_DDE", "FILE_EQUATION", "FILE_LAUNCH",
		"FILE_DISGUISED", "FILE_EXTERNAL", "PAGE_ATTACHED",
		"ENCRYPTED_PASSWORD" } },
	{ "THEME_FILE", 1800, all = { "__FILE_BAIT", "__FILE_ACTS" },
		about = "a pretext, and a file that acts" },
}
