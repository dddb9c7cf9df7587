-- The same in German.
return {
	group = "german", cap = 6000,
	about = "German words of spam and phishing",
	{ "DE_ACCOUNT", 1200, text = [[
		\b(?:ihr|ihre|ihrem|ihres|dein|deine) (?:\w+[- ]){0,3}
		(?:konto|zugang|karte|kreditkarte|zugriff|mailbox|postfach|
		account|profil|pushtan|bestsign|tan-?verfahren|photo-?tan)
		\w* .{0,64}(?:gesperrt|eingeschr.{1,2}nkt|deaktiviert|
		gel.{1,2}scht|blockiert|limitiert|suspendiert|abl.{1,2}uft|
		l.{1,2}uft ab|abgelaufen|verifizier|best.{1,2}tig|
		aktualisier|geschlossen)
		]],
		about = "ein Konto in Gefahr" },
	{ "DE_VERIFY", 1100, text = [[
		\b(?:best.{1,2}tigen|verifizieren|aktualisieren|
		.{1,2}berpr.{1,2}fen|erneuern|abgleichen|validie
		ren) sie .{0,48}(?:daten|konto|identit.{1,2}t|angaben|
		zahlungs\w+|kunden\w+|karte|zugang|rechnungs\w+|
		telefonnummer|adresse)|\b(?:daten|konto\w*|identit.{1,2}t|
		angaben|kundendaten)\b .{0,40}(?:zu )?(?:best.{1,2}tigen|
		verifizieren|aktualisieren|abgleichen|abgleich)
		]],
		about = "Daten sollen bestätigt werden" },
	{ "DE_SUSPICIOUS", 900, text = [[
		\b(?:ungew.{1,2}hnliche|verd.{1,2}chtige|unbefugte|
		unautorisierte|auff.{1,2}llige)[nrs]? (?:\w+ ){0,2}
		(?:aktivit.{1,2}t(?:en)?|anmeldung|zugriff|transaktion
		(?:en)?|anmeldeversuch|bewegung|nutzung)
		]],
		about = "verdächtige Vorgänge" },
	{ "DE_DEAR", 500, text = [[
		\bsehr geehrte[rn]? (?:\w+ )?(?:kund(?:e|in|
		innen und kunden)|kontoinhaber|nutzer|karteninhaber|
		mitglied|damen und herren kunden|herr/frau)\b|
		\blieber kunde\b|\bguten tag,? lieber
		]],
		about = "kennt den Namen nicht" },
	{ "DE_PARCEL", 1200, text = [[
		\b(?:paket|sendung|lieferung|bestellung|p.{1,2}ckchen)
		\b .{0,96}(?:nicht zugestellt|konnte nicht|zollgeb.{1,2}hr|
		geb.{1,2}hr|zahlung|bezahl|wartet|zur.{1,2}ckgehalten|
		angehalten|unvollst.{1,2}ndig|versandkosten|
		adresse best.{1,2}tigen|zustellversuch|neu planen)
		]],
		about = "ein Paket, das wartet" },
	{ "DE_INVOICE_THREAT", 1100, text = [[
		\b(?:mahnung|letzte mahnung|zahlungserinnerung|inkasso|
		gerichtsvollzieher|pf.{1,2}ndung|mahnverfahren|
		zahlungsverzug|offene (?:rechnung|forderung)|anwaltlich\w*)
		\b .{0,160}(?:angeh.{1,2}ng|anhang|anlage|zip|datei|
		beigef.{1,2}gt|klicken|.{1,2}berweis)
		]],
		about = "eine Mahnung zum Öffnen" },
	{ "DE_HOURS", 700, text = [[
		\b(?:innerhalb|binnen|in den n.{1,2}chsten) (?:von |
		der n.{1,2}chsten )?(?:24|48|72|zwei|drei|14|7) ?(?:stunden|
		tagen|werktagen)\b
		]],
		about = "setzt eine Frist" },
	{ "DE_FEE", 1600, text = [[
		\b(?:erbe|erbschaft|nachlass|beg.{1,2}nstigte[rn]?|
		n.{1,2}chste[rn]? (?:angeh.{1,2}rige|verwandte)[rn]?|
		verstorbene[rn]?|hinterlie.{1,2}|spende|spenden|fonds|
		treuhand)\b .{0,160}(?:million|millionen|us-?dollar|usd|
		euro|€|\$|konto|bank)
		]],
		about = "ein Erbe für Fremde" },
	{ "DE_LOTTERY", 1500, text = [[
		\b(?:gewonnen|gewinner|gewinn|lotterie|verlosung|lotto|
		gewinnspiel|ausgew.{1,2}hlt)\b .{0,160}(?:million|euro|€|
		preis|auszahlung|gewinnnummer|losnummer|gutschein|iphone|
		anspruch|einl.{1,2}sen)
		]],
		about = "ein Gewinn" },
	{ "DE_LOAN", 1200, text = [[
		\b(?:kredit|darlehen|finanzierung|privatkredit|sofortkredit)
		\w* .{0,120}(?:ohne schufa|zinssatz|zinsen|schufafrei|
		sofort|g.{1,2}nstig|[0-9] ?%|bewillig|auszahlung)
		]],
		about = "ein Kredit" },
	{ "DE_CRYPTO", 1100, text = [[
		\b(?:bitcoin|krypto\w*|trading|investition|plattform)
		\b .{0,160}(?:verdien\w+|gewinn\w*|rendite|reich|million|
		t.{1,2}glich|pro tag|h.{1,2}hle der l.{1,2}wen|geheim)
		]],
		about = "reich mit Münzen" },
	{ "DE_EXTORT", 2000, text = [[
		\b(?:webcam|kamera|ger.{1,2}t|betriebssystem|trojaner|
		schadsoftware|gehackt)\b .{0,160}(?:bitcoin|video|
		aufgenommen|aufnahme|masturb\w*|kontakte|wallet|
		ver.{1,2}ffentlich)
		]],
		about = "Erpressung" },
	{ "DE_HEALTH", 1200, text = [[
		\b(?:potenzmittel|potenz|abnehmen|fettverbrennung|penis\w*|
		erektion\w*|wunderpille|schlank\w*|kilo|bauchfett|arthrose|
		gelenkschmerz\w*|rezeptfrei|ohne rezept|online-?apotheke)
		\b .{0,160}(?:jetzt|tage[n]?|wochen|ohne|kaufen|bestell|
		trick|geheim|arzt|.{1,2}rzte|rabatt|klick|nat.{1,2}rlich)
		]],
		about = "Mittel und Kilo" },
	{ "DE_CASINO", 1200, text = [[
		\b(?:spielautomat\w*|freispiele|willkommensbonus|einzahlung|
		spielbank)\b .{0,120}(?:gratis|bonus|freispiele|gewinn\w*|
		spielen|registrier|einzahlung|sicher)
		]],
		about = "ein Casino" },
	{ "DE_DATING", 1200, text = [[
		\b(?:sexkontakt\w*|fremdgeh\w*|affäre|heiße|einsame|willige|
		hausfrauen|seitensprung|erotik\w*)\b .{0,96}(?:n.{1,2}he|
		treffen|chat|umgebung|anmeld|gratis|kostenlos|kennenlernen|
		fotos?|nachricht)
		]],
		about = "Bekanntschaften" },
	{ "DE_JOB", 900, text = [[
		\b(?:nebenjob|heimarbeit|homeoffice|nebenverdienst|
		nebent.{1,2}tigkeit|arbeit von zu hause|finanzagent|
		paketagent)\b .{0,160}(?:verdienst|euro|€|monat|woche|
		stunden|provision|bewerb)
		]],
		about = "leichte Arbeit" },
	{ "DE_SHARED", 700, text = [[
		\b(?:dokument|datei|rechnung|nachricht|fax|sprachnachricht|
		voicemail)\b .{0,64}(?:freigegeben|geteilt|erhalten|
		wartet auf sie|empfangen|bereitgestellt|einsehen|
		herunterladen)\b .{0,120}(?:klick|hier|link|anmeld|passwort|
		anzeigen)
		]],
		about = "ein geteiltes Dokument" },
	{ "DE_MAILBOX", 1400, text = [[
		\b(?:postfach|mailbox|speicher(?:platz)?|e-?mail-?konto|
		quota|webmail)\b .{0,80}(?:voll|.{1,2}berschritten|
		ausgesch.{1,2}pft|erreicht|aktualisier|upgrade|deaktiviert|
		erweiter|abl.{1,2}uft)
		]],
		about = "ein volles Postfach" },
	{ "DE_PHISH", 1500, any = { "DE_ACCOUNT", "DE_VERIFY",
		"DE_SUSPICIOUS", "DE_HOURS", "DE_DEAR" }, least = 3,
		about = "alles, woraus solche Briefe sind" },
	{ "DE_PHISH_LINK", 1300, any = { "DE_ACCOUNT", "DE_VERIFY",
		"DE_PARCEL", "DE_MAILBOX" }, all = { "__PHISH_LINK" },
		about = "ein Konto, und ein versteckter Weg dorthin" },
}
