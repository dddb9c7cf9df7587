-- What the CSM's frame leads to.
return {
	home = "/",
	search = "Search mail, people, ids",
	{ path = "/", name = "Dashboard", key = "dashboard" },
	{ path = "/mail", name = "Mail", key = "mail", right = "log" },
	{ path = "/quarantine", name = "Quarantine", key = "quarantine", right = "quarantine" },
	{ path = "/requests", name = "Requests", key = "requests", right = "quarantine" },
	{ path = "/reports", name = "Reports", key = "reports", right = "log" },
	{ path = "/jobs", name = "Jobs", key = "jobs", right = "jobs" },
}
