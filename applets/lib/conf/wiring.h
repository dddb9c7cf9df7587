/*
 * The wiring file (ROOT_WIRING): what this appliance is. Written by `pm
 * setup`, read by everybody. A Lua chunk of data:
 *
 *	return {
 *		name = "mx1", site = "example.org",
 *		roles = { "mta", "filter" },
 *		csm = "csm.example.org:18080",	-- only when many appliances
 *		networks = { "127.0.0.0/8", "10.0.0.0/8" },	-- internal
 *		domains = { "example.org" },	-- mail that ends here
 *		mailboxes = 1200,		-- declared, for judging a plan
 *		resolver = "127.0.0.1:53",	-- default: the host's
 *		mta = {
 *			kind = "postfix",	-- postfix sendmail external
 *			listen = { "0.0.0.0:25" },
 *			reinject = "127.0.0.1:10026",
 *			relay_host = "mail.example.org:25", -- other domains
 *			message_size_limit = 52428800,
 *			recipient_limit = 1000,
 *			log = "/var/log/mail.log", -- of another MTA
 *		},
 *		filter = {
 *			listen = { "unix:run/pm/milter.sock" }, -- or inet:…
 *			clamd = "own",		-- or one that others run:
 *				-- "unix:/run/clamav/clamd.ctl"; or none
 *			icap = "icap://192.0.2.5:1344/avscan", -- another
 *				-- virus scanner, beside it or alone
 *			optional = { "icap" },	-- while it does not answer
 *				-- mail is judged without it
 *			mirror = "database.clamav.net",	-- of our own clamd's
 *				-- signatures: a host, a URL, or "none"
 *			proxy = "proxy.example.org:3128", -- to it
 *			signatures = { "https://sig.example.org/x.ndb" },
 *				-- more of them, beside the mirror's
 *			signature_days = 3,	-- older ones are a trouble
 *			concurrency = 128,
 *			memory_mb = 0,		-- 0: RAM/8
 *		},
 *		db = {
 *			connection = "host=db1 dbname=pm", -- one elsewhere:
 *			    -- "host=db1 hostaddr=192.0.2.1 port=5432
 *			    -- dbname=pm sslmode=verify-full
 *			    -- sslrootcert=etc/pm/db/server.pem
 *			    -- sslcert=etc/pm/db/{login}.pem
 *			    -- sslkey=etc/pm/db/{login}.key"
 *			listen = { "0.0.0.0" }, -- our own, port 5432, for
 *						-- other appliances (TLS);
 *						-- default: only with csm
 *		},
 *		web = {
 *			csm = "0.0.0.0:18080",	-- administrators' pages
 *		},
 *		enduser = {
 *			listen = "0.0.0.0:28443", -- people's pages
 *			url = "https://mail.example.org:28443", -- as people
 *				-- write it: links of digests begin with it
 *			reply = "release@example.org", -- who answers a digest
 *				-- writes to it; an address of our domains
 *		},
 *		alarms = {
 *			webhook = "https://hooks.example.org/pm", -- JSON goes
 *						-- there by POST
 *			mail = { "ops@example.net" },
 *			relay = "192.0.2.9:25",	-- who takes that mail: not our
 *						-- own MTA
 *		},
 *	}
 *
 * Defaults: mailboxes 0, memory_mb 0, networks of the loopback; else what
 * stands above for listen, reinject, the limits and concurrency; the rest is
 * absent. name, site and roles must be there, but an empty table is the
 * defaults alone. Unknown keys are errors that name the nearest valid key.
 */
#ifndef CONF_WIRING_H
#define CONF_WIRING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct wiring_mta {
	const char *kind;	/* NULL: no MTA role */
	const char **listen;	/* "ADDRESS:PORT" */
	size_t nlisten;
	const char *reinject;	/* unfiltered loopback listener */
	const char *relay_host;	/* NULL: MX of the recipient's domain */
	uint64_t message_size_limit;
	uint64_t recipient_limit;
	const char *log;	/* absolute; NULL: our Postfix's own */
};

struct wiring_filter {
	const char **listen;	/* "unix:PATH" (below the root), "inet:A:P" */
	size_t nlisten;
	const char *clamd;	/* NULL: none; "own": the filter's child.
				   "unix:PATH" absolute or below the root,
				   "inet:A:P". See wiring_clamd */
	const char *icap;	/* NULL: none; net/icap.h */
	const char **optional;	/* "clamd", "icap" */
	size_t noptional;
	uint64_t signature_days;
	const char *mirror;	/* of our own clamd's signatures */
	const char *proxy;	/* to it; NULL: none */
	const char **signatures; /* URLs of more files of them */
	size_t nsignatures;
	uint64_t concurrency;
	uint64_t memory_mb;
};

struct wiring_alarms {
	const char *webhook;	/* a URL; NULL: none */
	const char **mail;	/* addresses */
	size_t nmail;
	const char *relay;	/* "HOST:PORT"; NULL: no mail */
};

struct wiring {
	const char *name, *site;
	const char **roles;
	size_t nroles;
	const char *csm;	/* NULL: this appliance is the whole site */
	const char *database;	/* connection string; NULL: our own */
	const char **db_listen;	/* addresses, for other appliances */
	size_t ndb_listen;
	const char *web_csm;	/* "ADDRESS:PORT" of the CSM's pages */
	const char *enduser_listen; /* "ADDRESS:PORT" of people's pages */
	const char *enduser_url; /* "https://HOST:PORT"; NULL: no links */
	const char *enduser_reply; /* an address; NULL: no answers */
	const char **networks;
	size_t nnetworks;
	const char **domains;
	size_t ndomains;
	uint64_t mailboxes;
	const char *resolver;	/* NULL: the host's */
	struct wiring_mta mta;
	struct wiring_filter filter;
	struct wiring_alarms alarms;
};

bool wiring_has_role(const struct wiring *w, const char *role);
/*
 * How to reach the database (db/db.h): our own through a socket below the
 * working folder, so that the root may be deep; or db.connection. NULL: none
 * is wired.
 */
const char *wiring_conninfo(const struct wiring *w);

/* Where clamd listens, our own or another (net/clamd.h). NULL: none. */
#define WIRING_OWN "own"
#define WIRING_OWN_CLAMD "run/pm/clamd/clamd.sock"
const char *wiring_clamd(const struct wiring *w);

/*
 * Reads and checks one file's text (`name` is for messages). Everything is
 * in the arena. -1 and one line: "wiring.lua: mta.lisen: unknown key; did you
 * mean \"listen\"?".
 */
int wiring_parse(const char *name, struct span text, struct arena *a,
	struct wiring *w_r, struct err *e);
/*
 * Whether a text is fit for a key ("mta.listen"; of a list: one entry of it).
 * *what_r is what it must be: "a host or domain name".
 */
bool wiring_fits(const char *key, struct span value, const char **what_r);
/* Reads ROOT_WIRING. */
int wiring_load(struct arena *a, struct wiring *w_r, struct err *e);
/* The file's text for a wiring: parse(write(w)) equals w. */
void wiring_write(const struct wiring *w, struct buf *b);

#endif
