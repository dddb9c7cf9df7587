#include "engine/dnslist.h"

#include "engine/dnstable.h"

/* Addresses that mean another host everywhere (RFC 6890), or none. */
static const struct cidr not_public[] = {
	{ { 4, { 0 } }, 8 }, { { 4, { 10 } }, 8 }, { { 4, { 100, 64 } }, 10 },
	{ { 4, { 127 } }, 8 }, { { 4, { 169, 254 } }, 16 },
	{ { 4, { 172, 16 } }, 12 }, { { 4, { 192, 168 } }, 16 },
	{ { 4, { 224 } }, 3 },
	{ { 16, { 0 } }, 127 },	/* :: and ::1 */
	{ { 16, { 0xfc } }, 7 }, { { 16, { 0xfe, 0x80 } }, 10 },
	{ { 16, { 0xff } }, 8 },
};

bool dnslist_is_public(const struct netaddr *a)
{
	for (size_t i = 0; i < sizeof(not_public) / sizeof(*not_public); i++)
		if (cidr_contains(&not_public[i], a))
			return false;
	return true;
}

static bool is_label(struct span s)
{
	bool good = s.n > 0 && s.n <= 63 && s.p[0] != '-' &&
		s.p[s.n - 1] != '-';

	for (size_t i = 0; good && i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-';
	}
	return good;
}

bool dnslist_is_zone(struct span zone)
{
	struct span rest = zone, label;
	size_t n = 0;

	while (span_cut(&rest, '.', &label)) {
		if (!is_label(label))
			return false;
		n++;
	}
	return n >= 2 && zone.n <= DNSLIST_ZONE_MAX &&
		zone.p[zone.n - 1] != '.';
}

struct span dnslist_reversed(const struct netaddr *a, struct arena *arena)
{
	struct buf b = { .arena = arena };

	for (size_t i = a->n; i-- > 0;) {
		if (a->n == 4)
			buf_printf(&b, "%u%s", a->b[i], i ? "." : "");
		else
			buf_printf(&b, "%x.%x%s", a->b[i] & 15u,
				a->b[i] >> 4, i ? "." : "");
	}
	return buf_bytes(&b);
}

static struct span name_of(struct span what, struct span zone,
	struct arena *arena)
{
	return span_of(arena_printf(arena, "%.*s.%.*s", SPAN_FMT(what),
		SPAN_FMT(zone)));
}

static void send_question(struct dnslist_set *s, struct dnslist *l)
{
	l->question.kind = ASK_DNS;
	l->question.type = DNSLIST_TYPE_A;
	s->ask->send(s->ask->self, &l->question, s->arena);
}

struct span dnslist_what(const struct dnstable_list *list, struct span thing,
	struct arena *a)
{
	struct netaddr ip;

	if (list->kind != DNSTABLE_IP)
		return thing;
	return netaddr_parse(thing, &ip) ? dnslist_reversed(&ip, a) :
		SPAN("");
}

static void ask_about_relay(struct dnslist_set *s, struct dnslist *l)
{
	struct netaddr relay;

	if (!netaddr_parse(s->relay_addr, &relay) ||
	    !dnslist_is_public(&relay))
		return;
	l->question.name = name_of(dnslist_reversed(&relay, s->arena),
		l->zone, s->arena);
	l->question.zone = (uint8_t)l->zone.n;
	l->shown = l->question.name;
	send_question(s, l);
}

struct dnslist *dnslist_ask(struct dnslist_set *s, struct span zone)
{
	struct dnslist *l, **end = &s->first;
	unsigned char *lower;

	for (; *end; end = &(*end)->next)
		if ((*end)->list == NULL && span_caseeq((*end)->zone, zone))
			return *end;
	if (s->n == DNSLIST_ZONES_MAX)
		return NULL;
	l = arena_alloc(s->arena, sizeof(*l));
	lower = arena_alloc(s->arena, zone.n);
	for (size_t i = 0; i < zone.n; i++)
		lower[i] = span_lower(zone.p[i]);
	l->zone = span_from(lower, zone.n);
	*end = l;
	s->n++;
	ask_about_relay(s, l);
	return l;
}

/* Letters, digits, hyphens, "_" of lists' own; in all a name (RFC 1035). */
static bool is_name(struct span what, struct span zone)
{
	struct span rest = what, label;

	while (span_cut(&rest, '.', &label)) {
		if (label.n == 0 || label.n > 63)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (label.p[i] <= ' ' || label.p[i] > '~' ||
			    label.p[i] == '\\')
				return false;
	}
	return what.n && what.p[what.n - 1] != '.' &&
		what.n + 1 + zone.n <= 253;
}

struct dnslist *dnslist_ask_list(struct dnslist_set *s,
	const struct dnstable_list *list, struct span what)
{
	struct dnslist *l, **end = &s->first;
	struct span name;

	if (list->asked.n == 0 || !is_name(what, list->asked))
		return NULL;
	name = name_of(what, list->asked, s->arena);
	for (; *end; end = &(*end)->next)
		if ((*end)->list == list &&
		    span_caseeq((*end)->question.name, name))
			return *end;
	if (s->nlists == DNSLIST_ASKED_MAX)
		return NULL;
	s->nlists++;
	l = arena_alloc(s->arena, sizeof(*l));
	l->list = list;
	l->zone = list->name;
	l->question.name = name;
	l->question.zone = (uint8_t)list->asked.n;
	l->question.clean = dnslist_what(list, list->clean, s->arena);
	l->question.patience_ms = (uint16_t)((list->timeout_s ?
		list->timeout_s : DNSTABLE_TIMEOUT_USUAL_S) * 1000);
	l->shown = name_of(what, list->zone, s->arena);
	*end = l;
	send_question(s, l);
	return l;
}

/*
 * 127.0.0.0/8 says "listed" (RFC 5782 section 2.1), 127.255.255.0/24 "I do
 * not answer you"; any other address is of somebody who took the zone over.
 */
bool dnslist_is_refusal(const struct dnstable_list *list,
	const unsigned char *p)
{
	return p[0] != 127 || (p[1] == 255 && p[2] == 255) ||
		(list && dnstable_codes_match(&list->refused, p));
}

/* Every answer of a zone is a hit; of a list those that it names. */
static bool is_hit(const struct dnstable_list *list, const unsigned char *p)
{
	for (size_t i = 0; list && i < list->nhits; i++)
		if (dnstable_codes_match(&list->hits[i].codes, p))
			return true;
	return list == NULL;
}

static enum dnslist_state state_of(const struct dnstable_list *list,
	const struct question *q)
{
	enum dnslist_state state = DNSLIST_NO;

	if (q->name.n == 0 || q->state == ASK_NO)
		return DNSLIST_NO;
	if (q->state != ASK_YES)
		return DNSLIST_LATER;
	for (size_t i = 0; i < q->nrecords; i++) {
		if (q->records[i].n != 4)
			continue;
		if (dnslist_is_refusal(list, q->records[i].p))
			return DNSLIST_REFUSED;
		if (is_hit(list, q->records[i].p))
			state = DNSLIST_HIT;
	}
	return state;
}

static struct span answer_of(const struct question *q, struct arena *a)
{
	for (size_t i = 0; i < q->nrecords; i++) {
		const unsigned char *p = q->records[i].p;

		if (q->records[i].n == 4)
			return span_of(arena_printf(a, "%u.%u.%u.%u", p[0],
				p[1], p[2], p[3]));
	}
	return SPAN("");
}

static void settle(struct dnslist_set *s, struct dnslist *l)
{
	l->settled = true;
	l->state = state_of(l->list, &l->question);
	l->answer = l->question.state == ASK_YES ?
		answer_of(&l->question, s->arena) : SPAN("");
	if (l->state == DNSLIST_REFUSED)
		l->why = SPAN("refused");
	else if (l->state == DNSLIST_LATER)
		l->why = l->question.text;
}

void dnslist_collect(struct dnslist_set *s)
{
	bool waiting = false;

	for (struct dnslist *l = s->first; l; l = l->next)
		waiting = waiting || (!l->settled && l->question.name.n &&
			l->question.state == ASK_PENDING);
	if (waiting)
		s->ask->collect(s->ask->self, s->deadline_ms);
	for (struct dnslist *l = s->first; l; l = l->next)
		if (!l->settled)
			settle(s, l);
}
