-- What people read here, by language: { title, text } of each result, and of
-- each action where that differs.
local texts = {}

texts.sorry = "This did not work. Open the link of your digest again. · " ..
	"Das ging nicht. Öffnen Sie den Link Ihrer Übersicht noch einmal."

texts.en = {
	lang = "en",
	words = { sender = "From", subject = "Subject", date = "Received", reason = "Held back as" },
	buttons = { release = "Deliver", allow = "Deliver and always allow this sender",
		delete = "Delete", opt_out = "Stop these digests", opt_in = "Get these digests again" },
	states = { released = "delivered", deleted = "deleted",
		["digests off"] = "stopped", ["digests on"] = "switched on" },
	home = { "Links of digests", "This address belongs to the links in the digests that you " ..
		"get by mail. Open one of them." },
	open = {
		release = { "Deliver this message?", "It goes to %person%. Nothing has happened yet." },
		allow = { "Deliver this message?", "It goes to %person%, and mail from %allow% is " ..
			"always allowed for you from then on. Nothing has happened yet." },
		delete = { "Delete this message?", "Nothing has happened yet." },
		opt_out = { "No more digests?", "%person% would get no more digests (%rule%). Mail is " ..
			"held back all the same. Nothing has happened yet." },
		opt_in = { "Digests again?", "%person% would get digests (%rule%) again. Nothing has " ..
			"happened yet." },
	},
	done = {
		release = { "On its way", "The message will be in the mailbox in a moment." },
		allow = { "On its way", "The message will be in the mailbox in a moment, and mail of " ..
			"this sender is allowed for you." },
		delete = { "Deleted", "The message is deleted." },
		opt_out = { "No more digests", "%person% gets no more digests (%rule%)." },
		opt_in = { "Digests again", "%person% gets digests (%rule%) again." },
	},
	used = {
		release = { "This was done already", "The message was delivered at %date%. A link works " ..
			"once; nothing was done now." },
		allow = { "This was done already", "The message was delivered at %date%. A link works " ..
			"once; nothing was done now." },
		delete = { "This was done already", "The message was deleted at %date%. A link works " ..
			"once; nothing was done now." },
		opt_out = { "This was done already", "The digests were stopped at %date%. A link works " ..
			"once; nothing was done now." },
		opt_in = { "This was done already", "The digests were switched on at %date%. A link " ..
			"works once; nothing was done now." },
	},
	closed = { "This message is no longer held back", "It was %done% at %date%. Nothing was " ..
		"done now." },
	barred = { "This message is not delivered by a link", "Messages that are held back for this " ..
		"reason (%reason%) are released by your administrators alone: ask them. Nothing was done." },
	gone = { "This message is no longer kept", "Messages that nobody asks for are removed after " ..
		"some weeks." },
	ended = { "This link is too old", "It was good until %date%. The next digest has new ones." },
	bad = { "This link is not whole", "Perhaps the mail program cut it. Open it from the " ..
		"digest again, or copy all of it. Nothing was done." },
	wait = { "Too many wrong links", "Too many links that are not ours came from your network. " ..
		"Open the link from the digest itself." },
	away = { "Not available at the moment", "Nothing is lost, and the link stays good. Try again " ..
		"in some minutes; the page then says what was done." },
}

texts.de = {
	lang = "de",
	words = { sender = "Von", subject = "Betreff", date = "Empfangen",
		reason = "Zurückgehalten als" },
	buttons = { release = "Zustellen", allow = "Zustellen und Absender immer erlauben",
		delete = "Löschen", opt_out = "Keine Übersichten mehr",
		opt_in = "Wieder Übersichten bekommen" },
	states = { released = "zugestellt", deleted = "gelöscht",
		["digests off"] = "abbestellt", ["digests on"] = "bestellt" },
	home = { "Links der Übersichten", "Diese Adresse gehört zu den Links der Übersichten, die " ..
		"Sie per E-Mail bekommen. Öffnen Sie einen davon." },
	open = {
		release = { "Diese Nachricht zustellen?", "Sie geht an %person%. Noch ist nichts " ..
			"geschehen." },
		allow = { "Diese Nachricht zustellen?", "Sie geht an %person%, und Nachrichten von " ..
			"%allow% sind für Sie künftig immer erlaubt. Noch ist nichts geschehen." },
		delete = { "Diese Nachricht löschen?", "Noch ist nichts geschehen." },
		opt_out = { "Keine Übersichten mehr?", "%person% bekäme keine Übersichten (%rule%) mehr. " ..
			"Nachrichten werden trotzdem zurückgehalten. Noch ist nichts geschehen." },
		opt_in = { "Wieder Übersichten?", "%person% bekäme wieder Übersichten (%rule%). Noch ist " ..
			"nichts geschehen." },
	},
	done = {
		release = { "Unterwegs", "Die Nachricht ist gleich im Postfach." },
		allow = { "Unterwegs", "Die Nachricht ist gleich im Postfach, und Nachrichten dieses " ..
			"Absenders sind für Sie erlaubt." },
		delete = { "Gelöscht", "Die Nachricht ist gelöscht." },
		opt_out = { "Keine Übersichten mehr", "%person% bekommt keine Übersichten (%rule%) mehr." },
		opt_in = { "Wieder Übersichten", "%person% bekommt wieder Übersichten (%rule%)." },
	},
	used = {
		release = { "Das ist schon geschehen", "Die Nachricht wurde am %date% zugestellt. Ein " ..
			"Link gilt einmal; jetzt ist nichts geschehen." },
		allow = { "Das ist schon geschehen", "Die Nachricht wurde am %date% zugestellt. Ein " ..
			"Link gilt einmal; jetzt ist nichts geschehen." },
		delete = { "Das ist schon geschehen", "Die Nachricht wurde am %date% gelöscht. Ein Link " ..
			"gilt einmal; jetzt ist nichts geschehen." },
		opt_out = { "Das ist schon geschehen", "Die Übersichten wurden am %date% abbestellt. Ein " ..
			"Link gilt einmal; jetzt ist nichts geschehen." },
		opt_in = { "Das ist schon geschehen", "Die Übersichten wurden am %date% wieder bestellt. " ..
			"Ein Link gilt einmal; jetzt ist nichts geschehen." },
	},
	closed = { "Diese Nachricht wird nicht mehr zurückgehalten", "Sie wurde am %date% %done%. " ..
		"Jetzt ist nichts geschehen." },
	barred = { "Diese Nachricht wird nicht per Link zugestellt", "Was aus diesem Grund (%reason%) " ..
		"zurückgehalten wird, geben nur Ihre Administratoren frei: Fragen Sie dort nach. Es ist " ..
		"nichts geschehen." },
	gone = { "Diese Nachricht gibt es nicht mehr", "Nachrichten, die niemand anfordert, werden " ..
		"nach einigen Wochen entfernt." },
	ended = { "Dieser Link ist zu alt", "Er galt bis %date%. Die nächste Übersicht hat neue." },
	bad = { "Dieser Link ist nicht vollständig", "Vielleicht hat das Mailprogramm ihn gekürzt. " ..
		"Öffnen Sie ihn noch einmal aus der Übersicht. Es ist nichts geschehen." },
	wait = { "Zu viele falsche Links", "Aus Ihrem Netz kamen zu viele Links, die nicht von uns " ..
		"sind. Öffnen Sie den Link aus der Übersicht selbst." },
	away = { "Im Moment nicht erreichbar", "Es ist nichts verloren, und der Link gilt weiter. " ..
		"Versuchen Sie es in einigen Minuten noch einmal; dann steht hier, was geschehen ist." },
}

return texts
