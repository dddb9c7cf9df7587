-- Mail to many who may have asked for it: a class of its own, not spam.
return {
	group = "bulk", cap = 600,
	about = "newsletters and notices to many",
	{ "__LIST_UNSUB", header = { "List-Unsubscribe", "." } },
	{ "__LIST_ID", header = { "List-Id", "." } },
	{ "__LIST_POST", header = { "List-Post", "." } },
	{ "__PRECEDENCE", header = { "Precedence", [[
		^\s*(?:bulk|list|junk)
		]] } },
	{ "__FEEDBACK", header = { "Feedback-ID", "." } },
	{ "__UNSUB_POST", header = { "List-Unsubscribe-Post", "one-click" } },
	{ "__CAMPAIGN", header = { "X-Mailer", [[
		(?:mailchimp|campaign|sendgrid|mailjet|sendinblue|brevo|
		klaviyo|hubspot|marketo|exacttarget|salesforce|
		constant contact|getresponse|cleverreach|rapidmail|
		newsletter2go|episerver|optivo|emarsys|acoustic|silverpop|
		responsys|phplist|acymailing|mailpoet|interspire|
		activecampaign|convertkit|aweber|icontact)
		]] } },
	{ "__SENDER_SERVICE", header = { "Return-Path", [[
		bounce|@(?:em|e|mail|email|news|newsletter|bounces?)\.
		]] } },
	{ "__UNSUB_TEXT", text = [[
		\b(?:unsubscribe|opt[- ]?out|manage (?:your )?
		(?:preferences|subscriptions?)|e-?mail preferences|update (?:your )?
		(?:e-?mail )?preferences|abmelden|abbestellen|
		newsletter abbestellen|se d.sabonner|d.sinscri|
		darse de baja|cancelar suscripci|disiscriv|cancella(?:
		re)? (?:l')?iscrizione|uitschrijven|afmelden|view (?:this e-?mail |
		it )?in (?:your )?browser|im browser (?:ansehen|anzeigen|
		.ffnen)|online[- ](?:version|ansicht))\b
		]] },
	{ "__NO_REPLY", header = { "From", [[
		\b(?:no-?reply|do-?not-?reply|noreply|notifications?|
		newsletter|news|mailer|updates?|alerts?|info|marketing)@
		]] } },
	{ "__AUTO", header = { "Auto-Submitted", "auto-generated" } },
	{ "MAILING_LIST", 0, all = { "__LIST_ID", "__LIST_POST" },
		class = "list",
		about = "a discussion list" },
	{ "BULK", 0, any = { "__LIST_UNSUB", "__PRECEDENCE", "__FEEDBACK",
		"__UNSUB_POST", "__CAMPAIGN" },
		none = { "MAILING_LIST" }, class = "newsletter",
		about = "a newsletter or a notice to many" },
	{ "BULK_TEXT", 0, all = { "__UNSUB_TEXT" }, none = { "BULK",
		"MAILING_LIST" }, class = "newsletter",
		about = "a newsletter by its text only" },
	{ "NOTICE", 0, all = { "__NO_REPLY" }, any = { "__AUTO", "__FEEDBACK" },
		class = "notice",
		about = "a notice of a program" },
}
