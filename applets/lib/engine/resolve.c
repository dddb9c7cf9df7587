/*
 * From plans to what the MTA, the spool and the injector do. SMTP has one
 * answer after DATA, so the order of the questions below matters: first
 * whether everybody is deferred, then what is kept, then whether everybody is
 * refused, then who rides on the MTA's own copy.
 */
#include "engine/resolve.h"

#include "base/map.h"
#include "base/wire.h"

/* Deliver groups whose content and sender are equal. */
struct ride {
	const struct group *first;
	size_t nrcpts;		/* of the envelope */
	struct span *to;	/* all addresses, each once */
	size_t nto;
	struct ride *next;
};

struct resolver {
	const struct verdict *v;
	const struct envelope *env;
	const struct mta_can *can;
	struct arena *a;
	struct resolution *r;
	struct ride *rides, **last;	/* in the order of their first group */
	struct ride **ride_of;		/* by group; NULL: does not deliver */
	const struct destination **elsewhere; /* by recipient; NULL: to him */
};

static void refuse(struct resolver *s, enum reply_kind kind, struct span code,
	struct span text)
{
	bool later = kind == REPLY_TEMPFAIL;

	if (code.n == 0)
		code = later ? SPAN("4.7.1") : SPAN("5.7.1");
	if (text.n == 0)
		text = later ? SPAN("try again later") :
			SPAN("refused by policy");
	s->r->reply = kind;
	s->r->code = code;
	s->r->text = text;
}

/* The group with that action whose first recipient comes first, or NULL. */
static const struct group *first_with(const struct verdict *v, enum action a)
{
	const struct group *found = NULL;

	for (size_t i = 0; i < v->ngroups; i++) {
		const struct group *g = &v->groups[i];

		if (g->action == a &&
		    (found == NULL || g->rcpts[0] < found->rcpts[0]))
			found = g;
	}
	return found;
}

/* Is everybody deferred? Then nothing is kept. */
static bool resolve_later(struct resolver *s)
{
	const struct group *later = first_with(s->v, ACTION_TEMPFAIL);

	if (later)
		refuse(s, REPLY_TEMPFAIL, later->code, later->text);
	else if (s->v->failed || s->v->ngroups == 0)
		refuse(s, REPLY_TEMPFAIL, SPAN("4.7.1"),
			SPAN("the policy failed, try again later"));
	else if (first_with(s->v, ACTION_DELAY))
		refuse(s, REPLY_TEMPFAIL, SPAN("4.7.1"),
			SPAN("delay queue not available"));
	else
		return false;
	return true;
}

/* Is everybody refused? */
static bool resolve_rejected(struct resolver *s)
{
	const struct group *first = first_with(s->v, ACTION_REJECT);

	for (size_t i = 0; i < s->v->ngroups; i++)
		if (s->v->groups[i].action != ACTION_REJECT)
			return false;
	refuse(s, REPLY_REJECT, first->code, first->text);
	return true;
}

static struct keep *add_keep(struct resolver *s, enum keep_kind kind,
	const struct group *g, struct span reason)
{
	struct keep *k = &s->r->keeps[s->r->nkeeps++];

	*k = (struct keep){ .kind = kind, .group = g, .reason = reason };
	return k;
}

static void take_addresses(struct resolver *s, const struct group *g,
	struct keep *k)
{
	for (size_t i = 0; i < g->nrcpts; i++)
		k->rcpts[k->nrcpts++] = s->env->rcpts[g->rcpts[i]];
}

/* One for the recipients of a group. */
static void keep_original(struct resolver *s, enum keep_kind kind,
	const struct group *g, struct span reason)
{
	struct keep *k = add_keep(s, kind, g, reason);

	k->rcpts = arena_array(s->a, g->nrcpts, sizeof(*k->rcpts));
	take_addresses(s, g, k);
}

/* Beside what else happens; withheld mail is in the quarantine already. */
static void resolve_beside(struct resolver *s, const struct group *g)
{
	for (size_t i = 0; i < g->narchives; i++)
		keep_original(s, KEEP_ARCHIVE, g, g->archives[i]);
	for (size_t i = 0; g->action != ACTION_QUARANTINE && i < g->ncopies;
	     i++)
		keep_original(s, KEEP_QUARANTINE, g, g->copies[i]);
	for (size_t i = 0; i < g->nnotices; i++) {
		struct keep *k = add_keep(s, KEEP_NOTICE, g,
			(struct span){ 0 });

		k->notice = &g->notices[i];
		k->rcpts = k->notice->to;
		k->nrcpts = k->notice->nto;
	}
}

static struct span lower(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/* What a group gets as a key: all that changes its bytes and its sender. */
static struct span content_key(struct resolver *s, const struct group *g)
{
	struct buf b = { .arena = s->a };

	wire_put_u8(&b, g->new_sender);
	wire_put_span(&b, g->mail_from);
	wire_put_u8(&b, g->batv);
	wire_put_u32(&b, (uint32_t)g->nedits);
	for (size_t i = 0; i < g->nedits; i++) {
		wire_put_u8(&b, (uint8_t)g->edits[i].kind);
		wire_put_u32(&b, g->edits[i].nth);
		wire_put_span(&b, g->edits[i].name);
		wire_put_span(&b, g->edits[i].value);
	}
	for (size_t i = 0; i < g->nsplices; i++) {
		wire_put_u64(&b, g->splices[i].at);
		wire_put_u64(&b, g->splices[i].remove);
		wire_put_span(&b, g->splices[i].insert);
	}
	return buf_bytes(&b);
}

static size_t count_redirects(const struct resolver *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->v->ngroups; i++)
		n += s->v->groups[i].nredirect;
	return n;
}

/* One copy of what redirect groups of one content send, and to whom. */
struct sent {
	struct keep *keep;
	struct map *known;	/* addresses */
};

/* Groups that differ in trace only send one copy, to each address once. */
static void redirect(struct resolver *s, const struct group *g,
	struct map *copies)
{
	struct span key = content_key(s, g);
	struct sent *sent = map_get(copies, key);
	struct keep *k;

	if (sent == NULL) {
		sent = arena_alloc(s->a, sizeof(*sent));
		sent->known = map_new(s->a);
		sent->keep = add_keep(s, KEEP_COPY, g, g->reason);
		sent->keep->rcpts = arena_array(s->a, count_redirects(s),
			sizeof(*sent->keep->rcpts));
		map_put(copies, key, sent);
	}
	k = sent->keep;
	for (size_t i = 0; i < g->nredirect; i++)
		if (map_put(sent->known, lower(g->redirect[i], s->a),
				sent) == NULL)
			k->rcpts[k->nrcpts++] = g->redirect[i];
}

/* What is withheld or goes elsewhere. */
static void resolve_kept(struct resolver *s)
{
	struct map *copies = map_new(s->a);

	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];

		if (g->action == ACTION_REDIRECT)
			redirect(s, g, copies);
		if (g->action == ACTION_QUARANTINE)
			keep_original(s, KEEP_QUARANTINE, g, g->reason);
		resolve_beside(s, g);
	}
}

/* Beside others who get it: the sender cannot be told of some only. */
static void resolve_some_rejected(struct resolver *s)
{
	for (size_t i = 0; i < s->v->ngroups; i++)
		if (s->v->groups[i].action == ACTION_REJECT)
			keep_original(s, KEEP_QUARANTINE, &s->v->groups[i],
				SPAN("Rejected"));
}

/* Groups that differ in trace only ride together. */
static void collect_rides(struct resolver *s)
{
	struct map *rides = map_new(s->a);

	s->ride_of = arena_array(s->a, s->v->ngroups, sizeof(*s->ride_of));
	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];
		struct span key;
		struct ride *ride;

		if (g->action != ACTION_DELIVER)
			continue;
		key = content_key(s, g);
		ride = map_get(rides, key);
		if (ride == NULL) {
			ride = arena_alloc(s->a, sizeof(*ride));
			ride->first = g;
			*s->last = ride;
			s->last = &ride->next;
			map_put(rides, key, ride);
		}
		ride->nrcpts += g->nrcpts;
		s->ride_of[i] = ride;
	}
}

/* Adds an address to those of a ride, unless it is there. */
static void add_address(struct resolver *s, struct ride *ride,
	struct map *known, struct span address)
{
	struct span key = lower(address, s->a);

	if (map_get(known, key))
		return;
	map_put(known, key, ride);
	ride->to[ride->nto++] = address;
}

static size_t count_addresses(const struct resolver *s,
	const struct ride *ride)
{
	size_t n = ride->nrcpts;

	for (size_t i = 0; i < s->v->ngroups; i++)
		for (size_t j = 0; s->ride_of[i] == ride &&
		     j < s->v->groups[i].nelsewhere; j++)
			n += s->v->groups[i].elsewhere[j].n;
	return n;
}

/* Who gets the content of a ride, in recipient order of its groups. */
static void collect_addresses(struct resolver *s, struct ride *ride)
{
	struct map *known = map_new(s->a);

	ride->to = arena_array(s->a, count_addresses(s, ride),
		sizeof(*ride->to));
	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];

		for (size_t j = 0; s->ride_of[i] == ride && j < g->nrcpts;
		     j++) {
			const struct destination *d =
				s->elsewhere[g->rcpts[j]];

			if (d == NULL)
				add_address(s, ride, known,
					s->env->rcpts[g->rcpts[j]]);
			for (size_t k = 0; d && k < d->n; k++)
				add_address(s, ride, known, d->to[k]);
		}
	}
}

static struct ride *largest_ride(const struct resolver *s)
{
	struct ride *best = NULL;

	for (struct ride *ride = s->rides; ride; ride = ride->next)
		if (ride->nto && (best == NULL || ride->nto > best->nto))
			best = ride;
	return best;
}

/* Can the MTA make the content and the envelope's sender? */
static bool can_edit(const struct mta_can *can, const struct group *g)
{
	if ((g->nsigns && !can->add_header) ||
	    (g->new_body && !can->change_body) ||
	    ((g->new_sender || g->batv) && !can->change_from))
		return false;
	for (size_t i = 0; i < g->nedits; i++)
		if (g->edits[i].kind <= EDIT_PUT_HEADER ?
		    !can->add_header : !can->change_header)
			return false;
	return true;
}

/* As the MTA knows him. */
static struct span given(const struct resolver *s, size_t rcpt)
{
	return s->env->given ? s->env->given[rcpt] : s->env->rcpts[rcpt];
}

/*
 * MTAs delete a recipient by his address. One that was given twice and shall
 * both stay and go cannot be served on the MTA's own copy.
 */
static bool deletes_a_stayer(const struct resolver *s, const struct ride *own)
{
	struct map *stays = map_new(s->a);

	for (size_t i = 0; i < own->nto; i++)
		map_put(stays, lower(own->to[i], s->a), s->r);
	for (size_t i = 0; i < s->r->ndelete; i++) {
		struct span gone = given(s, s->r->delete_rcpts[i]);

		if (map_get(stays, lower(gone, s->a)))
			return true;
	}
	return false;
}

/* Everybody who is not on the MTA's own copy, in recipient order. */
static void collect_deletes(struct resolver *s, const bool *stays)
{
	s->r->delete_rcpts = arena_array(s->a, s->env->nrcpts,
		sizeof(*s->r->delete_rcpts));
	for (size_t i = 0; i < s->env->nrcpts; i++)
		if (!stays[i])
			s->r->delete_rcpts[s->r->ndelete++] = (uint32_t)i;
}

/* Addresses of the own copy that the MTA does not have yet. */
static void collect_additions(struct resolver *s, const struct ride *own,
	const bool *stays)
{
	struct map *there = map_new(s->a);

	for (size_t i = 0; i < s->env->nrcpts; i++)
		if (stays[i])
			map_put(there, lower(s->env->rcpts[i], s->a), s->r);
	s->r->add_rcpts = arena_array(s->a, own->nto,
		sizeof(*s->r->add_rcpts));
	for (size_t i = 0; i < own->nto; i++)
		if (map_get(there, lower(own->to[i], s->a)) == NULL)
			s->r->add_rcpts[s->r->nadd++] = own->to[i];
}

/*
 * Is the recipient's copy for himself, perhaps among others? Who came with a
 * tag is another one for the MTA.
 */
static bool is_for_himself(const struct resolver *s, uint32_t rcpt)
{
	const struct destination *d = s->elsewhere[rcpt];

	if (!span_eq(given(s, rcpt), s->env->rcpts[rcpt]))
		return false;
	for (size_t i = 0; d && i < d->n; i++)
		if (span_caseeq(d->to[i], s->env->rcpts[rcpt]))
			return true;
	return d == NULL;
}

static void collect_changes(struct resolver *s, const struct ride *own)
{
	bool *stays = arena_array(s->a, s->env->nrcpts, sizeof(*stays));

	for (size_t i = 0; i < s->v->ngroups; i++)
		for (size_t j = 0; j < s->v->groups[i].nrcpts; j++) {
			uint32_t n = s->v->groups[i].rcpts[j];

			stays[n] = s->ride_of[i] == own &&
				is_for_himself(s, n);
		}
	collect_deletes(s, stays);
	collect_additions(s, own, stays);
}

/* Can the MTA's own copy serve this ride? Then the resolution says how. */
static bool ride_on_own_copy(struct resolver *s, const struct ride *own)
{
	if (!can_edit(s->can, own->first))
		return false;
	collect_changes(s, own);
	if ((s->r->nadd == 0 || s->can->add_rcpt) &&
	    (s->r->ndelete == 0 ||
	     (s->can->delete_rcpt && !deletes_a_stayer(s, own)))) {
		s->r->reply = REPLY_ACCEPT;
		s->r->edits = own->first->edits;
		s->r->nedits = own->first->nedits;
		s->r->own = own->first;
		return true;
	}
	s->r->ndelete = s->r->nadd = 0;
	return false;
}

/* A ride that goes as a copy of its own. */
static void copy_ride(struct resolver *s, const struct ride *ride)
{
	struct keep *k = add_keep(s, KEEP_COPY, ride->first,
		(struct span){ 0 });

	k->rcpts = ride->to;
	k->nrcpts = ride->nto;
}

static void find_elsewhere(struct resolver *s)
{
	s->elsewhere = arena_array(s->a, s->env->nrcpts,
		sizeof(*s->elsewhere));
	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];

		for (size_t j = 0; j < g->nelsewhere; j++)
			s->elsewhere[g->elsewhere[j].rcpt] =
				&g->elsewhere[j];
	}
}

static void resolve_delivered(struct resolver *s)
{
	const struct ride *own;

	find_elsewhere(s);
	collect_rides(s);
	for (struct ride *ride = s->rides; ride; ride = ride->next)
		collect_addresses(s, ride);
	own = largest_ride(s);
	if (own && !ride_on_own_copy(s, own))
		own = NULL;
	for (const struct ride *ride = s->rides; ride; ride = ride->next)
		if (ride != own && ride->nto)
			copy_ride(s, ride);
	if (own == NULL)
		s->r->reply = REPLY_DISCARD;
}

/* Room for all that groups can want kept. */
static void make_room(struct resolver *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];

		n += 1 + g->narchives + g->ncopies + g->nnotices;
	}
	s->r->keeps = arena_array(s->a, n, sizeof(*s->r->keeps));
}

/* Copies and notices that nobody could send. */
static void resolve_stranded(struct resolver *s)
{
	for (size_t i = 0; i < s->r->nkeeps && !s->can->reinject; i++)
		if (s->r->keeps[i].kind == KEEP_COPY ||
		    s->r->keeps[i].kind == KEEP_NOTICE) {
			*s->r = (struct resolution){ 0 };
			refuse(s, REPLY_TEMPFAIL, SPAN("4.3.5"),
				SPAN("the filter cannot carry this out: the "
				"MTA offers too few actions and no "
				"re-injection is wired"));
			return;
		}
}

void verdict_resolve(const struct verdict *v, const struct envelope *env,
	const struct mta_can *can, struct arena *a,
	struct resolution *r_r)
{
	struct resolver s = { .v = v, .env = env, .can = can, .a = a,
		.r = r_r, .last = &s.rides };

	*r_r = (struct resolution){ 0 };
	if (resolve_later(&s))
		return;
	make_room(&s);
	resolve_kept(&s);
	if (!resolve_rejected(&s)) {
		resolve_some_rejected(&s);
		resolve_delivered(&s);
	}
	resolve_stranded(&s);
}
