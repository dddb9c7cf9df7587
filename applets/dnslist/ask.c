#include "dnslist.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "mail/domain.h"

enum { PATIENCE_MS = 6000 };

/* Those that were named; without names all in use. */
static int choose(const struct dnslist_site *s, char **names, size_t n,
	struct arena *a, const struct dnstable_list ***v_r, size_t *n_r,
	struct err *e)
{
	const struct dnstable *t = &s->table;

	*v_r = arena_array(a, n ? n : t->nlists, sizeof(**v_r));
	*n_r = 0;
	for (size_t i = 0; i < n; i++) {
		(*v_r)[i] = dnslist_named(s, names[i], a, e);
		if ((*v_r)[i] == NULL)
			return -1;
		(*n_r)++;
	}
	for (size_t i = 0; n == 0 && i < t->nlists; i++)
		if (t->lists[i].enabled)
			(*v_r)[(*n_r)++] = &t->lists[i];
	if (*n_r)
		return 0;
	return err_set(e, ERR_PERMANENT, "no DNS list is in use: name one of "
		"pm dnslist list, or turn one on: pm dnslist enable NAME");
}

/* --- test ---------------------------------------------------------------- */

static void print_probe(const struct dnsprobe *p)
{
	if (p->state == DNSPROBE_NO_KEY)
		printf("%-24.*s        -  %.*s\n", SPAN_FMT(p->list->name),
			SPAN_FMT(p->text));
	else
		printf("%-24.*s %5lld ms  %.*s\n", SPAN_FMT(p->list->name),
			(long long)p->took_ms, SPAN_FMT(p->text));
}

static const char *const states[DNSPROBE_STATES] = {
	[DNSPROBE_GOOD] = "works", [DNSPROBE_NO_KEY] = "no-key",
	[DNSPROBE_SILENT] = "silent", [DNSPROBE_REFUSES] = "refuses",
	[DNSPROBE_EVERYTHING] = "lists-everything",
	[DNSPROBE_NOTHING] = "lists-nothing",
};

static struct json *probe_json(const struct dnsprobe *p)
{
	struct json *o = json_new_object();

	json_put_text(o, "list", p->list->name);
	json_put_string(o, "state", states[p->state]);
	if (p->state != DNSPROBE_NO_KEY)
		json_put_int(o, "ms", p->took_ms);
	json_put_text(o, "text", p->text);
	return o;
}

static void print_json(struct json *all)
{
	struct buf line = { 0 };

	json_write(all, &line);
	puts(buf_c(&line));
	buf_free(&line);
	json_free(&all);
}

int dnslist_test(const struct dnslist_site *s, char **names, size_t n,
	struct arena *a, struct err *e)
{
	const struct dnstable_list **lists;
	struct json *all = s->json ? json_new_array() : NULL;
	struct dnsprobe *probes;
	struct ask *ask;
	size_t bad = 0;

	if (choose(s, names, n, a, &lists, &n, e) < 0 ||
	    dnslist_open_world(s, a, &ask, e) < 0)
		return -1;
	probes = arena_array(a, n, sizeof(*probes));
	dnsprobe_run(lists, n, ask, clock_ms() + PATIENCE_MS, a, probes);
	for (size_t i = 0; i < n; i++) {
		bad += probes[i].state != DNSPROBE_GOOD;
		if (all)
			json_append(all, probe_json(&probes[i]));
		else
			print_probe(&probes[i]);
	}
	if (all)
		print_json(all);
	return bad > 0;
}

/* --- ask ----------------------------------------------------------------- */

static struct span hex_of(struct span s, struct arena *a)
{
	unsigned char raw[HASH_SHA1_SIZE];
	struct buf b = { .arena = a };

	hash_sha1(s, raw);
	for (size_t i = 0; i < sizeof(raw); i++)
		buf_printf(&b, "%02x", raw[i]);
	return buf_bytes(&b);
}

/* How a list would be asked about it; empty: it knows no such things. */
static struct span as_asked(const struct dnstable_list *l, struct span thing,
	struct arena *a)
{
	struct span ascii, organisation;
	struct netaddr ip;
	bool address = netaddr_parse(thing, &ip);

	if (l->kind == DNSTABLE_HASH)
		return l->hash == DNSTABLE_SHA1 && l->of & DNSTABLE_MAIL &&
			span_chr(thing, '@') != SIZE_MAX ? hex_of(thing, a) :
			SPAN("");
	if (address)
		return l->kind == DNSTABLE_IP || l->addresses ?
			dnslist_reversed(&ip, a) : SPAN("");
	if (l->kind != DNSTABLE_DOMAIN || !domain_ascii(thing, a, &ascii))
		return SPAN("");
	organisation = domain_organisation(ascii);
	return l->whole || organisation.n == 0 ? ascii : organisation;
}

static void print_hits(const struct dnslist *d)
{
	for (size_t i = 0; i < d->list->nhits; i++) {
		const struct dnstable_hit *h = &d->list->hits[i];

		for (size_t k = 0; k < d->question.nrecords; k++)
			if (d->question.records[k].n == 4 &&
			    dnstable_codes_match(&h->codes,
				d->question.records[k].p)) {
				printf("  %-30.*s %6.2f  %.*s\n",
					SPAN_FMT(h->name), h->weight / 1000.0,
					SPAN_FMT(h->about));
				break;
			}
	}
}

static void print_answer(const struct dnslist *d)
{
	static const char *const words[DNSLIST_N] = {
		[DNSLIST_NO] = "no", [DNSLIST_HIT] = "listed",
		[DNSLIST_LATER] = "not known", [DNSLIST_REFUSED] = "refused",
	};

	printf("%-24.*s %s%s%.*s%s%.*s\n", SPAN_FMT(d->zone), words[d->state],
		d->answer.n ? ": " : "", SPAN_FMT(d->answer),
		d->state == DNSLIST_LATER ? ": " : "",
		d->state == DNSLIST_LATER ? (int)d->why.n : 0,
		(const char *)d->why.p);
	if (d->state == DNSLIST_HIT)
		print_hits(d);
}

int dnslist_ask_about(const struct dnslist_site *s, struct span thing,
	char **names, size_t n, struct arena *a, struct err *e)
{
	struct dnslist_set set = { .arena = a,
		.deadline_ms = clock_ms() + PATIENCE_MS };
	const struct dnstable_list **lists;
	struct ask *ask;
	bool found = false;

	if (choose(s, names, n, a, &lists, &n, e) < 0 ||
	    dnslist_open_world(s, a, &ask, e) < 0)
		return -1;
	set.ask = ask;
	for (size_t i = 0; i < n; i++) {
		struct span what = as_asked(lists[i], thing, a);

		if (what.n)
			dnslist_ask_list(&set, lists[i], what);
	}
	if (set.nlists == 0)
		return err_set(e, ERR_PERMANENT, "none of these lists knows "
			"such things: give an address, a domain or a mail "
			"address");
	dnslist_collect(&set);
	for (const struct dnslist *d = set.first; d; d = d->next) {
		print_answer(d);
		found |= d->state == DNSLIST_HIT;
	}
	return !found;
}
