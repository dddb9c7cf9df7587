-- How the text is made.
return {
	group = "page", cap = 3000,
	about = "the text is hidden, packed, or a picture",
	{ "HIDDEN_TEXT", 150, fact = true,
		about = "more text is hidden than shown" },
	{ "HIDDEN_PIECES", 150, fact = true,
		about = "pieces of text are hidden by size, colour or place" },
	{ "ZERO_WIDTH", 300, fact = true,
		about = "invisible characters inside words" },
	{ "IMAGE_ONLY", 700, fact = true,
		about = "pictures and hardly any text" },
	{ "TINY_IMAGES", 0, fact = true, about = "pictures of one dot" },
	{ "PAGE_SCRIPT", 400, fact = true, about = "a page runs scripts" },
	{ "PAGE_OBJECT", 600, fact = true, about = "a page embeds objects" },
	{ "PAGE_FRAME", 300, fact = true,
		about = "a page loads another into it" },
	{ "PAGE_FORM", 150, fact = true, about = "a form to fill in" },
	{ "PAGE_PASSWORD", 1800, fact = true,
		about = "a page asks for a password" },
	{ "PAGE_REFRESH", 1500, fact = true,
		about = "a page leads away by itself" },
	{ "PAGE_BASE", 100, fact = true,
		about = "all links have another base" },
	{ "PAGE_DATA", 0, fact = true,
		about = "files in data: links" },
	{ "PAGE_BIDI", 450, fact = true,
		about = "text turns the direction of writing" },
	{ "PAGE_UNCLOSED", 150, fact = true,
		about = "a page ends in the middle" },
	{ "PAGE_ALONE", 150, fact = true,
		about = "a page without a plain text beside it" },
	{ "BASE64_ASCII", 300, fact = true,
		about = "plain text is packed as base64" },
	{ "PAGE_TRACKER", 0, raw = [=[
		<img[^>]{0,300}(?:width|height)=3?D?["']?[01]["'> ]
		]=],
		about = "a picture that reports who reads" },
	{ "WORDS_SPLIT_TAGS", 700, raw = [=[
		[a-z]<(?:!--[^>]{0,40}--|b|i|font|span)></?(?:b|i|font|
		span)?>?[a-z]<(?:!--|b|i|font|span)
		]=],
		about = "words are cut by tags" },
	{ "WORDS_COMMENTS", 900, raw = [=[
		[a-z]{1,4}<!-- ?[a-z0-9]{2,20} ?-->[a-z]{1,4}<!-- ?[a-z0-9]{
		2,20} ?-->[a-z]
		]=],
		about = "words are cut by comments" },
	{ "WORDS_SOFT", 800, raw = [=[
		(?:&shy;|&#173;|&zwnj;|&#820[345];|=C2=AD)[a-z](?:&shy;|
		&#173;|&zwnj;|&#820[345];|=C2=AD)[a-z](?:&shy;|&#173;|
		&zwnj;|&#820[345];|=C2=AD)
		]=],
		about = "words are cut by invisible signs" },
	{ "FONT_WHITE", 150, raw = [=[
		<font[^>]{0,80}color=3?D?["']?(?:#?fffff[0-9a-f]|white)
		]=],
		about = "white letters" },
	{ "OUTLINE_IMAGE_LINK", 0, raw = [=[
		<a[^>]{0,400}>\s{0,20}<img[^>]{0,400}>\s{0,20}</a>\s{0,40}</
		(?:center|body|div|td|p)>\s{0,40}</
		]=],
		about = "the message is a picture to click" },
	{ "TEXT_LEET", 900, text = [=[
		\bv[1!|](?:agra|@gra)|\bvi@gr[a@]|\bc[1!|]al[i1!]s\b|
		\bcial1s\b|\bm0rtgage|\bs0ftware|\bp0rn|\br0lex|\bl0ans?\b|
		\bcr3dit|\bfr33\b|\bm0ney\b|\bca\$h\b|\bph[4@]rm[4@]c|
		\bx[4@]n[4@]x|\bv[4@]l[1i]um
		]=],
		about = "letters are replaced by signs" },
	{ "TEXT_GAPS", 800, text = [=[
		(?: |^)(?:v i a g r a|c i a l i s|f r e e|m o n e y|
		c l i c k|l o a n s?|c a s i n o|x a n a x|r o l e x)(?: |$)
		]=],
		about = "letters of a word stand apart" },
}
