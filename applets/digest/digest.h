/*
 * pm digest: what the files of this applet share. The root is entered.
 *
 * Rules are data, etc/pm/digests.lua:
 *
 *	return {
 *		{ name = "spam",
 *		  who = { "example.org", "list:digest-users", "group:staff",
 *			  "*@*.example.net", "!boss@example.org" },
 *		  reasons = { "Spam", "Blacklisted" },	-- the default
 *		  times = { "07:00", "15:00" }, days = { 1, 2, 3, 4, 5 },
 *		  zone = "Europe/Berlin", language = "de",
 *		  from = "quarantine@example.org",
 *		  map = "notifications-map", most = 25, template = "digest",
 *		  links = 5 },
 *	}
 *
 * name and who must be there. Defaults: times 07:00, days all (1 is Monday),
 * zone UTC, language en, from postmaster@ the wiring's site, most 25, no map,
 * links good for 5 days (0: none), where the wiring has enduser.url.
 * who: entries as lists have them (engine/list.h), list:NAME a list that is
 * in force, group:NAME a group. map: a list of type map, ADDRESS ADDRESS: to
 * whom an address's digest goes.
 */
#ifndef DIGEST_DIGEST_H
#define DIGEST_DIGEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "crypto/seal.h"
#include "crypto/ticket.h"
#include "db/db.h"

#define DIGEST_RULES ROOT_ETC "/digests.lua"
#define DIGEST_ANSWER "[pm:"	/* then a ticket, and "]" */
#define DIGEST_TEMPLATES ROOT_ETC "/digests"

enum {
	DIGEST_MOST = 25, DIGEST_MOST_MAX = 200,	/* items of a mail */
	DIGEST_FIRST_DAYS = 7,	/* that a rule's first run goes back */
	DIGEST_LATE_MS = 6 * 3600 * 1000, /* a time is missed after this */
	DIGEST_BATCH = 200,	/* people of one commit */
	DIGEST_LINK_DAYS = 5, DIGEST_LINK_DAYS_MAX = 30,
};

struct digest_rule {
	const char *name, *zone, *language, *from, *map, *template;
	struct span *who, *reasons, *times;
	size_t nwho, nreasons, ntimes;
	int64_t days[7];
	size_t ndays;
	uint64_t most, links;
};

struct digest_rules {
	struct digest_rule *v;
	size_t n;
};

struct digest {
	struct arena *a;	/* as long as the process */
	struct wiring w;
	struct digest_rules rules;
	struct db *db;
	struct seal_key *key;
	struct ticket_keys *tickets; /* NULL: digests have no links */
	const char *who;	/* asks */
	bool dry_run, now;
	int64_t now_ms;		/* the wall clock, or what a test says */
	/* Of a run by hand; empty, 0: all people, what is new. */
	struct span user;	/* a person */
	int64_t since_ms;
};

/* --- rules.c --- */

/* No file: no rules. Errors name file, rule and key. */
int digest_rules_load(struct digest *d, struct err *e);
int digest_rules_parse(struct digest *d, struct span text, struct err *e);

/* --- who.c --- */

struct digest_who {
	struct buf image, map;	/* engine/list.h; map empty: none */
};

/* Reads what the rule names. Free with digest_who_free in any case. */
int digest_who_load(struct digest *d, const struct digest_rule *r,
	struct digest_who *w, struct err *e);
bool digest_who_has(const struct digest_who *w, struct span address);
/* Where it goes: the map's word, or the address itself. */
struct span digest_who_to(const struct digest_who *w, struct span address);
void digest_who_free(struct digest_who *w);

/* --- compose.c --- */

struct digest_item {
	struct span id, sender, subject, reason, rcpt;
	struct span at;		/* "2026-11-23 14:02" in the rule's zone */
	int64_t size;
	uint32_t place;		/* of the recipient in the envelope */
};

struct digest_mail {
	const struct digest_rule *rule;
	struct span to, language;
	struct span key;	/* of the job: the Message-ID is made of it */
	int64_t ms;
	struct digest_item *items;
	size_t n;
	uint64_t total;		/* n of them are shown */
};

/* The signed message. */
int digest_compose(struct digest *d, const struct digest_mail *m,
	struct arena *a, struct buf *out, struct err *e);
/* Are all templates there, with known variables? */
int digest_compose_check(const struct digest_rule *r, struct err *e);

/* --- links.c --- */

/* The keys, where this appliance's wiring says how people reach the pages. */
int digest_links_load(struct digest *d, struct err *e);
/*
 * The template without the lines that have a variable for which this wiring,
 * or the rule, has nothing.
 */
struct span digest_links_keep(const struct digest *d,
	const struct digest_rule *r, struct span template, struct arena *a);
/*
 * What a variable of links stands for: of an item RELEASE, ALLOW, DELETE,
 * ANSWER (a code that an answer quotes) and ANSWERMAIL; of the digest OPTOUT
 * and ANSWERTO. False: it is none. Empty where there is nothing.
 */
bool digest_link(const struct digest *d, const struct digest_mail *m,
	const struct digest_item *item, struct span name, struct arena *a,
	struct span *url_r);

/* --- answer.c --- */

/*
 * What an answer to a digest says, read by a worker of tool/keeper.h: a line
 * "AUTHOR TICKET …", blanks between; empty when no person wrote it, or when
 * who did is not clear.
 */
enum { DIGEST_ANSWER_TICKETS = 200, DIGEST_ANSWER_TEXT = 256 << 10 };
struct ask;
void digest_answer_read(const void *self, struct span name,
	struct span message, struct ask *ask, struct arena *a,
	struct buf *line);

/* --- run.c, person.c, answers.c: exit code, or -1 with *e --- */

int digest_run(struct digest *d, const char *rule, struct err *e);
/* Only for whom that address belongs to. */
int digest_run_for(struct digest *d, const char *rule, const char *address,
	struct err *e);
int digest_preview(struct digest *d, const char *rule, const char *address,
	struct err *e);
int digest_send(struct digest *d, const char *rule, const char *address,
	struct err *e);
/* Carries out the answers that came. */
int digest_answers(struct digest *d, struct err *e);
int digest_opt(struct digest *d, const char *rule, const char *address,
	bool in, struct err *e);

/*
 * The newest of rows from .. from + n of digest_items or digest_held, at most
 * `most`, newest first; rcpts: the addresses that were asked for. The count.
 */
size_t digest_gather(const struct db_rows *rows, size_t from, size_t n,
	const struct span *rcpts, size_t most, struct arena *a,
	struct digest_item **items_r);
/* The rule of that name, or the first where name is NULL; NULL and *e. */
const struct digest_rule *digest_find(const struct digest *d,
	const char *name, struct err *e);

#endif
