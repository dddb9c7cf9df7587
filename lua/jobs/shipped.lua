-- The jobs that pm ships. A row whose applet this pm does not have is left
-- out. etc/pm/jobs.lua has the same form: what it says of one of these names
-- goes before what stands here, and other names are jobs of the site.
--
--   name = {
--     about = "what it is for",
--     when = "daily 03:30",        -- pm help job: words, or five fields
--     zone = "Europe/Berlin",      -- default: the host's
--     command = { "applet", "word" }, -- what stands behind pm; no shell
--     user = "root",               -- default: pm-agent
--     site = true,                 -- one appliance of the site runs it
--     enabled = true,              -- default: false; pm job enable NAME
--     notify = false,              -- default: true, a failure is an alarm
--     timeout = "2 h",             -- default; then it is killed
--   }
return {
	backup = {
		about = "a sealed copy of everything, in var/lib/pm/backups",
		when = "daily 03:30",
		command = { "backup", "--keep", "7" },
		user = "root",
		timeout = "12 h",
	},
	alarms = {
		about = "raises the test alarm, so that a dead webhook is found before it is needed",
		when = "weekly mon 09:00",
		command = { "alarm", "test" },
		user = "root",
	},
	signatures = {
		about = "fails when the virus engine does not answer",
		when = "daily 07:10",
		command = { "virus", "status" },
		user = "root",
	},
	digest = {
		about = "tells people what is withheld of theirs, at the times of etc/pm/digests.lua",
		when = "every 10 min",
		command = { "digest", "run" },
		user = "root",
		site = true,
	},
	report = {
		about = "mails last week's reports to the postmaster of the site",
		when = "weekly mon 07:00",
		command = { "report", "send", "--days", "7" },
		user = "root",
		site = true,
	},
	ldap = {
		about = "brings lists, groups and aliases up to date with etc/pm/ldap.lua",
		when = "every 30 min",
		command = { "ldap", "sync" },
		user = "root",
		site = true,
	},
	answers = {
		about = "carries out what people answered to their digests (enduser.reply in the wiring)",
		when = "every 2 min",
		command = { "digest", "answers" },
		user = "root",
		site = true,
	},
}
