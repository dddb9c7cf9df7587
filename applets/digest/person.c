#include "digest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "store/personal.h"
#include "tool/own_mail.h"

/* Whose an address is. */
struct person {
	struct span person, language;
	struct span *addresses;
	size_t n;
	bool opted_out;
};

/* Ids begin with the time. */
static int newest_first(const void *a, const void *b)
{
	return span_cmp(((const struct digest_item *)b)->id,
		((const struct digest_item *)a)->id);
}

size_t digest_gather(const struct db_rows *rows, size_t from, size_t n,
	const struct span *rcpts, size_t most, struct arena *a,
	struct digest_item **items_r)
{
	struct digest_item *items = arena_array(a, n + 1, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = (struct digest_item){
			.id = arena_span(a, db_span(rows, from + i, 1)),
			.at = arena_span(a, db_span(rows, from + i, 3)),
			.sender = arena_span(a, db_span(rows, from + i, 4)),
			.subject = arena_span(a, db_span(rows, from + i, 5)),
			.reason = arena_span(a, db_span(rows, from + i, 6)),
			.size = db_int(rows, from + i, 7),
			.place = (uint32_t)db_int(rows, from + i, 2),
			.rcpt = rcpts[db_int(rows, from + i, 0)] };
	qsort(items, n, sizeof(*items), newest_first);
	*items_r = items;
	return n < most ? n : most;
}

static int find_person(struct digest *d, const char *address,
	struct person *p_r, struct err *e)
{
	struct span name = span_of(address);
	struct buf lower = { .arena = d->a };
	struct db_value v;
	struct db_rows *rows;

	for (size_t i = 0; i < name.n; i++)
		buf_byte(&lower, span_lower(name.p[i]));
	if (span_chr(name, '@') == SIZE_MAX)
		return err_set(e, ERR_PERMANENT, "%s is no address", address);
	v = DB_OF_TEXT(buf_bytes(&lower));
	if (db_call(d->db, "digest_person", &v, 1, &rows, e) < 0)
		return -1;
	*p_r = (struct person){ arena_span(d->a, db_span(rows, 0, 0)),
		arena_span(d->a, db_span(rows, 0, 1)), NULL, 0,
		db_bool(rows, 0, 2) };
	p_r->n = db_spans(rows, 0, 3, d->a, &p_r->addresses);
	for (size_t i = 0; i < p_r->n; i++)
		p_r->addresses[i] = arena_span(d->a, p_r->addresses[i]);
	db_rows_free(&rows);
	return 0;
}

/* All that is held for him, as a mail whose job has this key. */
static int make(struct digest *d, const struct digest_rule *r,
	const struct person *p, struct span key, struct buf *mail,
	uint64_t *total_r, struct err *e)
{
	struct db_value v[] = { DB_OF_TEXTS(r->reasons, r->nreasons),
		DB_OF_TEXTS(p->addresses, p->n),
		DB_OF_INT(DIGEST_MOST_MAX), DB_OF_TEXT(span_of(r->zone)) };
	struct digest_mail m = { .rule = r, .to = p->person, .key = key,
		.language = p->language, .ms = d->now_ms };
	struct db_rows *rows;

	if (db_call(d->db, "digest_held", v, 4, &rows, e) < 0)
		return -1;
	m.total = *total_r = db_count(rows);
	m.n = digest_gather(rows, 0, m.total, p->addresses, r->most, d->a,
		&m.items);
	db_rows_free(&rows);
	return digest_compose(d, &m, d->a, mail, e);
}

int digest_preview(struct digest *d, const char *rule, const char *address,
	struct err *e)
{
	const struct digest_rule *r = digest_find(d, rule, e);
	struct buf mail = { .arena = d->a };
	struct person p;
	uint64_t total;

	if (r == NULL || find_person(d, address, &p, e) < 0 ||
	    make(d, r, &p, SPAN("preview"), &mail, &total, e) < 0)
		return -1;
	fwrite(mail.p, 1, mail.n, stdout);
	return EXIT_DONE;
}

int digest_send(struct digest *d, const char *rule, const char *address,
	struct err *e)
{
	const struct digest_rule *r = digest_find(d, rule, e);
	struct buf mail = { .arena = d->a };
	struct id key = id_new();
	struct span name = span_of(key.text);
	struct person p;
	uint64_t total;

	if (r == NULL || find_person(d, address, &p, e) < 0 ||
	    make(d, r, &p, name, &mail, &total, e) < 0)
		return -1;
	if (total == 0) {
		printf("nothing is held for %.*s\n", SPAN_FMT(p.person));
		return EXIT_NO;
	}
	if (!d->dry_run) {
		const struct own_mail own = { .key = name, .to = &p.person,
			.n = 1, .who = d->who, .sealed = own_mail_seal(d->key,
			name, buf_bytes(&mail), d->a) };
		bool fresh;

		if (own_mail_send(d->db, &own, &fresh, e) < 0)
			return -1;
	}
	printf("%s %.*s: %llu messages\n", d->dry_run ? "would go to" :
		"goes to", SPAN_FMT(p.person), (unsigned long long)total);
	return EXIT_DONE;
}

int digest_run_for(struct digest *d, const char *rule, const char *address,
	struct err *e)
{
	struct person p;

	if (find_person(d, address, &p, e) < 0)
		return -1;
	d->user = p.person;
	return digest_run(d, rule, e);
}

int digest_opt(struct digest *d, const char *rule, const char *address,
	bool in, struct err *e)
{
	struct person p;

	if ((rule && digest_find(d, rule, e) == NULL) ||
	    find_person(d, address, &p, e) < 0)
		return -1;
	if (!d->dry_run) {
		const struct personal_opt o = { p.person,
			span_of(rule ? rule : ""), in, d->who, "cli" };

		if (personal_opt(d->db, &o, e) < 0)
			return -1;
	}
	printf("%.*s gets %s%s%s\n", SPAN_FMT(p.person), in ? "digests" :
		"no digests", rule ? " of the rule " : "", rule ? rule : "");
	return EXIT_DONE;
}
