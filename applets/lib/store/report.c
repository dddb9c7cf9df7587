#include "store/report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/args.h"
#include "store/group.h"

static const struct report reports[] = {
	{ "categories", "What became of mail", "recipients by outcome",
		"outcome", "recipients", "report_counters", "", false,
		"outcome" },
	{ "reasons", "Why mail was withheld or refused",
		"recipients by outcome and reason", "outcome and reason",
		"recipients", "report_counters", "reason", false, "reason" },
	{ "volume", "Mail by day", "recipients of all mail", "day",
		"recipients", "report_days", "", true, "day" },
	{ "rejected", "Refusals by day", "recipients and connections that "
		"were refused before or after the message", "day", "refusals",
		"report_days", "rejected", true, "day" },
	{ "withheld", "Withheld mail by day", "recipients whose mail was "
		"quarantined", "day", "recipients", "report_days",
		"quarantined", true, "day" },
	{ "hosts", "Appliances", "recipients by the appliance that judged",
		"appliance", "recipients", "report_hosts", "", false,
		"appliance" },
	{ "relays", "Relays", "messages by the host that brought them",
		"relay", "messages", "report_tops", "relay", false, "relay" },
	{ "spam-relays", "Relays that sent spam", "recipients of mail "
		"withheld as Spam, by the host that brought it", "relay",
		"recipients", "report_tops", "spam relay", false,
		"spam relay" },
	{ "virus-relays", "Relays that sent viruses", "recipients of mail "
		"withheld as Virus, by the host that brought it", "relay",
		"recipients", "report_tops", "virus relay", false,
		"virus relay" },
	{ "senders", "Senders", "messages by envelope sender", "sender",
		"messages", "report_tops", "sender", false, "sender" },
	{ "domains", "Senders' domains", "messages by the envelope sender's "
		"domain", "domain", "messages", "report_tops", "domain",
		false, "domain" },
	{ "recipients", "Recipients", "messages by recipient", "recipient",
		"messages", "report_tops", "rcpt", false, "rcpt" },
	{ "viruses", "Viruses", "messages by the virus that was found",
		"virus", "messages", "report_tally", "virus", false, NULL },
	{ "hits", "Hits", "messages by what was found in them", "hit",
		"messages", "report_tally", "hit", false, NULL },
	{ "rules", "Rules", "messages by the rule of policy that spoke",
		"rule", "messages", "report_tally", "rule", false, NULL },
	{ "marks", "Marks of the site's own", "messages by what plan:mark "
		"noted", "mark", "messages", "report_tally", "mark", false,
		NULL },
	{ "files", "Attachments", "files by extension; bytes are the files'",
		"extension", "files", "report_tally", "file", false, NULL },
	{ "took", "Time for a verdict", "messages by the time from their end "
		"to the answer, up to", "time", "messages", "report_tally",
		"took", false, NULL },
	{ "releasers", "Who released mail", "messages that were released "
		"from the quarantine", "who", "messages", "report_tops",
		"releaser", false, NULL },
	{ "memory", "Memory", "the highest use of a day, as a share of what "
		"the appliance has", "appliance", "percent", "report_use",
		"memory", false, NULL },
	{ "disk", "Disk", "the highest use of the disk that mail is kept on",
		"appliance", "percent", "report_use", "disk", false, NULL },
	{ "quarantine", "The quarantine now", "messages of these days that "
		"are still withheld; of many an estimate", "reason",
		"messages", "report_held", "", false, NULL },
};

enum { REPORTS = sizeof(reports) / sizeof(*reports), DAY_S = 86400,
	VALUES = 5, GROUP_VALUES = 8 };

const struct report *report_at(size_t i)
{
	return i < REPORTS ? &reports[i] : NULL;
}

const struct report *report_find(const char *name, struct err *e)
{
	const char *names[REPORTS], *near;

	for (size_t i = 0; i < REPORTS; i++) {
		names[i] = reports[i].name;
		if (strcmp(name, names[i]) == 0)
			return &reports[i];
	}
	near = args_nearest(span_of(name), names, REPORTS);
	err_set(e, ERR_PERMANENT, "%.64s: no such report%s%s%s; `pm report` "
		"lists them", name, near ? ", did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
	return NULL;
}

/* Seconds since 1970 of a day; -1: it is none. */
static int64_t day_of(const char *text)
{
	struct tm t = { 0 };
	const char *end = strptime(text, "%Y-%m-%d", &t);
	int64_t s = end && *end == 0 && strlen(text) == 10 ? timegm(&t) : -1;
	char again[32];

	/* The 30th of February is another day. */
	strftime(again, sizeof(again), "%Y-%m-%d", &t);
	return s >= 0 && strcmp(again, text) == 0 ? s : -1;
}

static void put_day(int64_t s, char text[11])
{
	time_t t = s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, 11, "%Y-%m-%d", &tm);
}

static int read_day(const char *option, const char *text, int64_t normally,
	int64_t *s_r, struct err *e)
{
	*s_r = text && *text ? day_of(text) : normally;
	return *s_r >= 0 ? 0 : err_set(e, ERR_PERMANENT, "%s %.20s: not a day "
		"like 2026-11-23", option, text);
}

int report_days(const char *since, const char *until, int64_t now_ms,
	struct report_ask *ask_r, struct err *e)
{
	int64_t from, to, today = now_ms / 1000 / DAY_S * DAY_S;

	if (read_day("until", until, today, &to, e) < 0 ||
	    read_day("since", since, to - 30 * DAY_S < 0 ? 0 :
		to - 30 * DAY_S, &from, e) < 0)
		return -1;
	if (from > to)
		return err_set(e, ERR_PERMANENT, "since %s is after until %s",
			since, until && *until ? until : "(today)");
	if ((to - from) / DAY_S >= REPORT_DAYS_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d days are not "
			"kept", REPORT_DAYS_MAX);
	put_day(from, ask_r->since);
	put_day(to, ask_r->until);
	return 0;
}

int report_run(struct db *d, const struct report *r,
	const struct report_ask *ask, struct arena *a,
	struct report_rows *rows_r, struct err *e)
{
	size_t limit = ask->limit ? ask->limit : REPORT_LIMIT;
	struct group_people people = { 0 };
	struct group_terms terms = { 0 };
	const char *statement = r->statement, *key = r->adds;
	struct db_rows *rows;

	if (ask->group.n && r->by_group == NULL)
		return err_set(e, ERR_PERMANENT, "\"%s\" is not counted for "
			"groups: categories, reasons, volume and reports of "
			"relays, senders and recipients are", r->name);
	if (ask->group.n) {
		if (group_people(d, ask->group, true, a, &people, e) < 0)
			return -1;
		group_terms(&people, a, &terms);
		statement = "report_group";
		key = r->by_group;
	}
	/* All days: a cut row of days would be the wrong ones. */
	if (r->over_time)
		limit = REPORT_DAYS_MAX;
	if (limit > REPORT_LIMIT_MAX)
		limit = REPORT_LIMIT_MAX;
	if (db_call(d, statement, (struct db_value[]){
		DB_OF_TEXT(span_of(ask->since)),
		DB_OF_TEXT(span_of(ask->until)), DB_OF_TEXT(ask->host),
		DB_OF_INT((int64_t)limit), DB_OF_TEXT(span_of(key)),
		DB_OF_TEXT(span_of(r->over_time ? r->adds : "")),
		DB_OF_TEXTS(terms.addresses, terms.naddresses),
		DB_OF_TEXTS(terms.patterns, terms.npatterns) },
		ask->group.n ? GROUP_VALUES : VALUES, &rows, e) < 0)
		return -1;
	rows_r->n = db_count(rows);
	rows_r->v = arena_array(a, rows_r->n + 1, sizeof(*rows_r->v));
	for (size_t i = 0; i < rows_r->n; i++)
		rows_r->v[i] = (struct report_row){
			arena_span(a, db_span(rows, i, 0)),
			db_int(rows, i, 1), db_int(rows, i, 2) };
	rows_r->estimated = rows_r->n > 0 && db_columns(rows) > 3 &&
		db_bool(rows, 0, 3);
	db_rows_free(&rows);
	return 0;
}
