-- What is in the files of a message.
return {
	group = "files", cap = 6500,
	about = "files that act, hide or deceive",
	{ "FILE_MACRO", 700, fact = true, about = "a document with macros" },
	{ "FILE_AUTOEXEC", 1500, fact = true,
		about = "macros that run by themselves" },
	{ "FILE_XL4", 1800, fact = true, about = "an Excel 4 macro sheet" },
	{ "FILE_EMBEDDED", 200, fact = true,
		about = "an object inside a document" },
	{ "FILE_EQUATION", 2500, fact = true,
		about = "an Equation Editor object, which attacks use" },
	{ "FILE_DDE", 1800, fact = true,
		about = "a document that starts programs by DDE" },
	{ "FILE_EXTERNAL", 900, fact = true,
		about = "a document that loads a part from elsewhere" },
	{ "FILE_ENTITY", 500, fact = true,
		about = "XML with entities of its own" },
	{ "FILE_SCRIPT", 900, fact = true, about = "a document with scripts" },
	{ "FILE_OPEN_ACTION", 150, fact = true,
		about = "a PDF that acts when it is opened" },
	{ "FILE_LAUNCH", 2500, fact = true,
		about = "a PDF that starts a program" },
	{ "FILE_ATTACHED", 300, fact = true, about = "files in a PDF" },
	{ "FILE_LINK", 0, fact = true, about = "a document with links" },
	{ "FILE_ENCRYPTED", 500, fact = true, about = "an encrypted file" },
	{ "FILE_MISFIT", 900, fact = true,
		about = "a file that is of several types" },
	{ "FILE_BROKEN", 100, fact = true, about = "a broken file" },
	{ "FILE_OVER", 0, fact = true, about = "a file too large to read" },
	{ "FILE_OBFUSCATED", 1200, fact = true,
		about = "a document that hides what it does" },
	{ "FILE_DISGUISED", 3500, fact = true,
		about = "a program under another kind of name" },
	{ "PAGE_ATTACHED", 2200, fact = true,
		about = "an attached page asks for a password or runs scripts" },
	{ "NAME_PROGRAM", 2800, file = [[
		\.(?:exe|scr|pif|com|cpl|bat|cmd|msi|ps1|psm1|hta|jar|
		vb[es]?|jse?|ws[fch]|reg|lnk|gadget|application|appref-ms|
		msc|url|website|library-ms|search-ms|settingcontent-ms|iqy|
		slk|xll|wll|diagcab|appx|msix|chm|inf)$
		]],
		about = "a file that a double click runs" },
	{ "NAME_TWO_ENDINGS", 2500, file = [[
		\.(?:pdf|docx?|xlsx?|jpe?g|png|txt|html?|zip|rtf) *\.(?:exe|
		scr|pif|com|bat|cmd|js|jse|vbs|vbe|wsf|hta|lnk|jar|iso|img|
		cpl)$
		]],
		about = "a program with a document's name" },
	{ "NAME_DISK", 2000, file = [[\.(?:iso|img|vhdx?|daa|udf)$]],
		about = "a disk image, which hides where a file came from" },
	{ "NAME_ACE", 2200, file = [[
		\.(?:ace|arj|lzh|cab|z|uue|r[0-9]{2}|gz\.exe|xxe)$
		]],
		about = "an archive that hardly anybody uses" },
	{ "NAME_ONENOTE", 2000, file = [[\.one(?:pkg)?$]],
		about = "a notebook that may hold programs" },
	{ "NAME_GAPS", 2500, file = [[ {8,}\.[a-z0-9]{2,5}$|\xe2\x80\xae]],
		about = "the ending of a name is out of sight" },
	{ "NAME_PAGE", 500, file = [[\.(?:s?html?|xhtml?|mht|svg|shtml)$]],
		about = "a page as a file" },
	{ "NAME_INVOICE_PAGE", 1800, file = [[
		(?:invoice|payment|remittance|voice ?mail|voicemsg|scan|fax|
		document|statement|receipt|order|po[_ -]?[0-9]|swift|
		transfer|rechnung|docusign|salary|payroll|bonus)[^/]{0,40}\.
		(?:s?html?|xhtml?|svg|mht)$
		]],
		about = "a page that calls itself an invoice or a message" },
	{ "NAME_INVOICE_ARCHIVE", 500, file = [[
		(?:invoice|payment|remittance|swift|purchase order|
		new order|quotation|rfq|bank slip|dhl|fedex|ups|shipment|
		awb|rechnung|mahnung)[^/]{0,40}\.(?:zip|rar|7z|gz|tgz|ace|
		img|iso|xz)$
		]],
		about = "an archive that calls itself an invoice or an order" },
	{ "__PASSWORD_TOLD", text = [[
		\b(?:pass ?(?:word|code)|archive pass|kennwort|passwort|
		mot de passe|contrase.a)(?: is| lautet|:| to open| for the (?:file|
		archive|attachment))[ :]{0,3}[a-z0-9!#$]{3,16}\b
		]] },
	{ "ENCRYPTED_PASSWORD", 1800, all = { "FILE_ENCRYPTED",
		"__PASSWORD_TOLD" },
		about = "an encrypted file, and its password beside it" },
	{ "MACRO_ENABLE", 2500, text = [[
		\benable (?:content|editing|macros?)\b.{0,80}\b(?:view|
		display|see|read|open)|\b(?:inhalt|bearbeitung|makr
		os?) aktivieren\b
		]],
		about = "asks to let macros run" },
}
