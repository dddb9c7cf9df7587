#include "engine/dnsprobe.h"

#include "base/clock.h"
#include "engine/dnstable.h"

static void send_one(const struct dnstable_list *l, struct span thing,
	struct span clean, const struct ask *ask, struct arena *a,
	struct question *q)
{
	struct span what = dnslist_what(l, thing, a);

	*q = (struct question){ .kind = ASK_DNS, .type = DNSLIST_TYPE_A,
		.state = ASK_OFF, .clean = dnslist_what(l, clean, a) };
	if (what.n == 0)
		return;
	q->name = span_of(arena_printf(a, "%.*s.%.*s", SPAN_FMT(what),
		SPAN_FMT(l->asked)));
	q->zone = (uint8_t)l->asked.n;
	ask->send(ask->self, q, a);
}

/* Everything that was asked of it has an end. */
static bool is_over(const struct dnsprobe *p)
{
	return p->test.state != ASK_PENDING && p->clean.state != ASK_PENDING;
}

static size_t note_ends(struct dnsprobe *probes, size_t n, int64_t began)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_over(&probes[i]))
			open++;
		else if (probes[i].took_ms < 0)
			probes[i].took_ms = clock_ms() - began;
	}
	return open;
}

/* The first address of an answer, as a text; empty: there is none. */
static struct span address_of(const struct question *q, struct arena *a)
{
	for (size_t i = 0; i < q->nrecords; i++) {
		const unsigned char *p = q->records[i].p;

		if (q->records[i].n == 4)
			return span_of(arena_printf(a, "%u.%u.%u.%u", p[0],
				p[1], p[2], p[3]));
	}
	return SPAN("");
}

static bool refuses(const struct dnstable_list *l, const struct question *q)
{
	for (size_t i = 0; i < q->nrecords; i++)
		if (q->records[i].n == 4 &&
		    dnslist_is_refusal(l, q->records[i].p))
			return true;
	return false;
}

static void say(struct dnsprobe *p, enum dnsprobe_state state,
	const char *text)
{
	p->state = state;
	p->text = span_of(text);
}

static void judge(struct dnsprobe *p, struct arena *a)
{
	const struct dnstable_list *l = p->list;
	struct span test = address_of(&p->test, a);
	struct span clean = address_of(&p->clean, a);
	const struct question *late = p->test.state == ASK_LATER ? &p->test :
		p->clean.state == ASK_LATER ? &p->clean : NULL;

	if (l->asked.n == 0)
		say(p, DNSPROBE_NO_KEY, arena_printf(a, "has no key: write "
			"\"%.*s WORD\" into " DNSTABLE_KEYS,
			SPAN_FMT(dnstable_key(l->zone))));
	else if (refuses(l, &p->test) || refuses(l, &p->clean))
		say(p, DNSPROBE_REFUSES, arena_printf(a, "refuses us: it "
			"answers %.*s", SPAN_FMT(test.n ? test : clean)));
	else if (clean.n)
		say(p, DNSPROBE_EVERYTHING, arena_printf(a, "lists what no "
			"list may list: it answers %.*s of %.*s",
			SPAN_FMT(clean), SPAN_FMT(l->clean)));
	else if (late || !is_over(p))
		say(p, DNSPROBE_SILENT, arena_printf(a, "does not answer "
			"(%.*s)", SPAN_FMT(late && late->text.n ? late->text :
			SPAN("timeout"))));
	else if (l->test.n && test.n == 0)
		say(p, DNSPROBE_NOTHING, arena_printf(a, "does not list its "
			"test point %.*s", SPAN_FMT(l->test)));
	else
		say(p, DNSPROBE_GOOD, "works");
}

void dnsprobe_run(const struct dnstable_list *const *lists, size_t n,
	const struct ask *ask, int64_t deadline_ms, struct arena *a,
	struct dnsprobe *probes_r)
{
	int64_t began = clock_ms();

	for (size_t i = 0; i < n; i++) {
		struct dnsprobe *p = &probes_r[i];

		*p = (struct dnsprobe){ .list = lists[i], .took_ms = -1 };
		if (p->list->asked.n == 0)
			continue;
		/* The second lets the broker prove the list, too. */
		send_one(p->list, p->list->clean, SPAN(""), ask, a,
			&p->clean);
		send_one(p->list, p->list->test, p->list->clean, ask, a,
			&p->test);
	}
	while (note_ends(probes_r, n, began) &&
	       ask->wait(ask->self, deadline_ms))
		;
	ask->collect(ask->self, deadline_ms);
	note_ends(probes_r, n, began);
	for (size_t i = 0; i < n; i++)
		judge(&probes_r[i], a);
}
