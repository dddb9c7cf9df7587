-- Where links lead.
return {
	group = "links", cap = 4200,
	about = "links hide where they lead",
	{ "LINK_OTHER", 250, fact = true,
		about = "a link's text names another host" },
	{ "LINK_USER", 1800, fact = true,
		about = "a name stands before the host of a link" },
	{ "LINK_IP", 450, fact = true, about = "a link to a bare address" },
	{ "LINK_ODD_IP", 2200, fact = true,
		about = "an address written as nobody does" },
	{ "LINK_ENCODED_HOST", 1500, fact = true,
		about = "the host of a link is in disguise" },
	{ "LINK_PORT", 100, fact = true, about = "a link to an odd port" },
	{ "LINK_MIXED_SCRIPTS", 1800, fact = true,
		about = "a host mixes alphabets" },
	{ "LINK_LOOKS_LIKE", 1800, fact = true,
		about = "a host's letters look like others" },
	{ "LINK_IDN", 300, fact = true,
		about = "a host beyond ASCII" },
	{ "LINK_BACKSLASH", 1200, fact = true,
		about = "a link with backslashes" },
	{ "LINK_BLANKS", 100, fact = true, about = "a link with line ends" },
	{ "LINK_NUL", 1500, fact = true, about = "a link with a NUL" },
	{ "LINK_BAD_HOST", 100, fact = true, about = "a host that is none" },
	{ "LINK_REDIRECTS", 150, fact = true,
		about = "a link that leads on to another host" },
	{ "LINKS_ELSEWHERE", 250, fact = true,
		about = "no link leads to the author" },
	{ "LINK_SHORT", 450, url = [[
		^https?://(?:www\.)?(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|
		ow\.ly|is\.gd|v\.gd|buff\.ly|rebrand\.ly|cutt\.ly|rb\.gy|
		shorturl\.at|t\.ly|s\.id|tiny\.cc|bl\.ink|lnkd\.in|surl\.li|
		qrco\.de|short\.gy|u\.to|clck\.ru|urlz\.fr|shorte\.st|
		adf\.ly|tr\.im|snip\.ly|soo\.gd|kutt\.it|dub\.sh|tny\.im|
		x\.gd|n9\.cl|2u\.pw|urlr\.me|linktr\.ee)/
		]],
		about = "a short link that hides its end" },
	{ "LINK_FREE_HOST", 450, url = [[
		^https?://[^/]+\.(?:weebly\.com|wixsite\.com|
		000webhostapp\.com|netlify\.app|vercel\.app|web\.app|
		firebaseapp\.com|pages\.dev|workers\.dev|r2\.dev|
		herokuapp\.com|glitch\.me|repl\.co|replit\.app|surge\.sh|
		yolasite\.com|webnode\.[a-z.]{2,6}|jimdosite\.com|
		godaddysites\.com|square\.site|myftpupload\.com|ngrok
		(?:-free)?\.(?:io|app)|duckdns\.org|ddns\.net|hopto\.org|
		zapto\.org|sytes\.net|no-ip\.[a-z]{2,4}|trycloudflare\.com|
		fly\.dev|onrender\.com|webflow\.io|framer\.(?:app|website)|
		carrd\.co|strikingly\.com|mystrikingly\.com|
		azurewebsites\.net|web\.core\.windows\.net|
		blob\.core\.windows\.net|translate\.goog|ipfs\.(?:io|
		dweb\.link)|infura-ipfs\.io|fleek\.(?:co|cool)|w3s\.link)/
		]],
		about = "a page where everybody can put one" },
	{ "LINK_GOOGLE_FORM", 400, url = [[
		^https?://(?:docs\.google\.com/forms/|forms\.gle/|
		forms\.office\.com/|[a-z0-9-]+\.typeform\.com/|
		form\.jotform\.com/|www\.jotform\.com/|forms\.zohopublic\.)
		]],
		about = "a form where everybody can make one" },
	{ "LINK_GOOGLE_LOAD", 500, url = [[
		^https?://(?:storage\.googleapis\.com|
		firebasestorage\.googleapis\.com|drive\.google\.com/uc\?|
		dl\.dropboxusercontent\.com|cdn\.discordapp\.com|
		transfer\.sh|anonfiles\.com|mega\.nz|wetransfer\.com|we\.tl|
		mediafire\.com|4shared\.com|gofile\.io|filebin\.net|
		catbox\.moe)/
		]],
		about = "a file from a store that everybody can fill" },
	{ "LINK_CHEAP_TLD", 400, url = [[
		^https?://[^/]+\.(?:top|xyz|click|link|club|buzz|icu|cyou|
		rest|cfd|sbs|quest|monster|bond|autos|boats|hair|skin|
		makeup|beauty|lol|mom|pics|tk|ml|ga|cf|gq|work|loan|
		download|racing|win|bid|stream|trade|party|science|review|
		date|faith|accountant|cricket|webcam|men|gdn|fit|surf|host|
		pw|vip|wang|ren|kim|mobi)(?::[0-9]+)?/
		]],
		about = "a link to a domain that costs little" },
	{ "LINK_CHEAP_BAD", 450, url = [[
		^https?://[^/]+\.(?:tk|ml|ga|cf|gq|icu|cyou|cfd|sbs|buzz|
		rest|quest|monster|bond|hair|loan|download|racing|win|bid|
		stream|trade|party|science|review|date|faith|accountant|
		cricket|webcam|men|gdn)(?::[0-9]+)?/
		]],
		about = "a link to where hardly anything else is" },
	{ "LINK_DASHES", 100, url = [[
		^https?://[^/]*[a-z0-9]+-[a-z0-9]+-[a-z0-9]+-[a-z0-9]+[^/]*\
		.[a-z]+/
		]],
		about = "a host with many hyphens" },
	{ "LINK_LONG_HOST", 600, url = [[^https?://[^/]{60,}/]],
		about = "a very long host" },
	{ "LINK_MANY_LABELS", 500, url = [[^https?://(?:[^/.]+\.){6,}[^/.]+/]],
		about = "a host of very many parts" },
	{ "LINK_RANDOM_HOST", 100, url = [[
		^https?://
		(?:[^/]*\.)?[a-z]*[bcdfghjklmnpqrstvwxz]{6,}[a-z0-9]*\.[a-z.
		]{2,6}/
		]],
		about = "a host that cannot be spoken" },
	{ "LINK_RECIPIENT", 0, url = [[
		[?&#/=](?:[a-z0-9._+-]+(?:@|%40)[a-z0-9.-]+\.[a-z]{2,})(?:$|
		&)
		]],
		about = "a link that carries an address" },
	{ "LINK_WP", 1200, url = [[
		/wp-(?:content|includes|admin)/[^?]*\.(?:php|html?)|/wp-
		(?:content|includes)/(?:plugins|themes|uploads)
		/[^/]+/[a-z0-9_-]+/?$
		]],
		about = "a page put into somebody's WordPress" },
	{ "LINK_HIDDEN_DIR", 1500, url = [[
		/\.[a-z][a-z-]+/[^?]*\.(?:php|html?)|/cgi-sys/|
		/~[a-z0-9]+/[^?]*(?:login|verify|secure|account)
		]],
		about = "a page put where owners do not look" },
	{ "LINK_LOGIN", 100, url = [[
		^https?://[^?#]*(?:log-?in|sign-?in|verif(?:y|ication)|
		secure|account-?(?:update|verify|confirm)|webscr|auth
		(?:enticate)?|unlock|recover|banking|password|wallet|kyc)
		[^?#]*$
		]],
		about = "a link to a log-in" },
	{ "LINK_LOGIN_HOST", 1300, url = [[
		^https?://[^/]*(?:login|signin|verify|secure|account|update|
		confirm|unlock|billing|support|service|customer|wallet|
		banking)[a-z0-9]*[.-][^/]*(?:login|signin|verify|secure|
		account|update|confirm|unlock|billing|support|service|
		customer|alert|auth|id)[^/]*/
		]],
		about = "a host made of log-in words" },
	{ "LINK_EXE", 900, url = [[\.(?:exe|scr|pif|msi|hta|vbs|lnk)(?:\?|$)]],
		about = "a link to a program" },
	{ "LINK_ARCHIVE", 0, url = [[\.(?:zip|rar|7z|gz|ace)(?:\?|$)]],
		about = "a link to an archive" },
	{ "LINK_OPEN_REDIRECT", 250, url = [[
		^https?://(?:www\.google\.[a-z.]{2,6}/(?:url|amp)\b|
		[^/]*google\.[a-z.]{2,6}/url\?|adclick\.g\.doubleclick\.net|
		googleads\.g\.doubleclick\.net|
		[a-z]*\.?youtube\.com/redirect\?|l\.facebook\.com/l\.php|
		www\.bing\.com/ck/a|r\.search\.yahoo\.com|rd\.yahoo\.com|
		drs\.yahoo\.com|[^/]*baidu\.com/link\?|href\.li/\?|
		t\.umblr\.com/redirect|slack-redir\.net/link|
		www\.linkedin\.com/(?:slink|redir)|
		tracking\.[^/]+/tracking/click\?|[^?]+\?(?:[^&]*&)*(?:url|u|
		redirect(?:_?ur[il])?|goto|dest(?:ination)?|next|target|
		link|out|r)=https?(?::|%3a)(?:/|%2f){2})
		]],
		about = "a link through somebody else's door" },
	{ "LINK_YAHOO_RD", 900, url = [[
		^https?://(?:rd|drs|srd|eur\.rd|us\.rd)\.yahoo\.com/
		]],
		about = "a link through Yahoo's old door" },
	{ "LINK_DATA", 1500, raw = [[href\s*=(?:3D)?\s*["']?\s*data:text/html]],
		about = "a link that holds a page" },
	{ "LINK_JAVASCRIPT", 1200, raw = [[
		href\s*=(?:3D)?\s*["']?\s*javascript:
		]],
		about = "a link that runs a script" },
	{ "LINK_UNSUB_FAKE", 200, url = [[
		^https?://[^?]*/(?:unsub|remove|optout|opt-out|takeoff|rm|
		off)(?:\.(?:php|html?|asp))?(?:[/?]|$)
		]],
		about = "a way out that proves the address is read" },
	{ "LINK_QR", 900, text = [[
		\bscan (?:the|this|below|my)? ?(?:qr|code|barcode)
		\b.{0,120}\b(?:verify|review|sign|authenticat|mfa|access|
		document|payment|update)|\b(?:qr-?code) (?:scannen|
		einscannen)\b
		]],
		about = "asks to scan a code" },
	{ "LINK_TELEGRAM", 600, url = [[
		^https?://(?:t\.me|telegram\.me|wa\.me|api\.whatsapp\.com|
		chat\.whatsapp\.com)/
		]],
		about = "a link into a messenger" },
	{ "LINK_ONION", 1200, text = [[\b[a-z2-7]{16,56}\.onion\b]],
		about = "a host of the dark net" },
	{ "CLICK_HERE", 150, text = [[
		\bclick (?:here|below|on the (?:link|button)|the (?:link|
		button) below)\b|\bhier klicken\b|\bklicken sie hier\b|
		\bcliquez ici\b|\bhaga clic aqu\S\b|\bclicca qui\b|
		\bclique aqui\b
		]],
		about = "asks to click" },
}
