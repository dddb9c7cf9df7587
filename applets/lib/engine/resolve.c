/*
 * From plans to what the MTA, the spool and the injector do. SMTP has one
 * answer after DATA, so the order of the questions below matters: first
 * whether everybody gets the same refusal, then what is kept, then who rides
 * on the MTA's own copy.
 */
#include "engine/verdict.h"

#include "base/map.h"
#include "base/wire.h"

/* Deliver groups whose edits and splices are equal: one content. */
struct ride {
	const struct group *first;
	size_t nrcpts;
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
	*s->r = (struct resolution){ .reply = kind, .code = code,
		.text = text };
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

/* One answer for everybody: deferred or refused. */
static bool resolve_refusal(struct resolver *s)
{
	const struct group *later = first_with(s->v, ACTION_TEMPFAIL);

	if (later) {
		refuse(s, REPLY_TEMPFAIL, later->code, later->text);
		return true;
	}
	if (s->v->failed || s->v->ngroups == 0) {
		refuse(s, REPLY_TEMPFAIL, SPAN("4.7.1"),
			SPAN("the policy failed, try again later"));
		return true;
	}
	if (first_with(s->v, ACTION_DELAY)) {
		refuse(s, REPLY_TEMPFAIL, SPAN("4.7.1"),
			SPAN("delay queue not available"));
		return true;
	}
	for (size_t i = 0; i < s->v->ngroups; i++)
		if (s->v->groups[i].action != ACTION_REJECT)
			return false;
	later = first_with(s->v, ACTION_REJECT);
	refuse(s, REPLY_REJECT, later->code, later->text);
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

/* What is withheld or goes elsewhere. */
static void resolve_kept(struct resolver *s)
{
	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];
		struct keep *k;

		if (g->action == ACTION_REDIRECT) {
			k = add_keep(s, KEEP_COPY, g, g->reason);
			k->rcpts = g->redirect;
			k->nrcpts = g->nredirect;
		}
		if (g->action != ACTION_QUARANTINE &&
		    g->action != ACTION_REJECT)
			continue;
		k = add_keep(s, KEEP_QUARANTINE, g,
			g->action == ACTION_REJECT ? SPAN("Rejected") :
			g->reason);
		k->rcpts = arena_array(s->a, g->nrcpts, sizeof(*k->rcpts));
		take_addresses(s, g, k);
	}
}

/* The content of a deliver group as a key: everything that changes bytes. */
static struct span content_key(struct resolver *s, const struct group *g)
{
	struct buf b = { .arena = s->a };

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

static const struct ride *largest_ride(const struct resolver *s)
{
	const struct ride *best = s->rides;

	for (const struct ride *ride = s->rides; ride; ride = ride->next)
		if (ride->nrcpts > best->nrcpts)
			best = ride;
	return best;
}

static bool can_edit(const struct mta_can *can, const struct group *g)
{
	if (g->nsigns && !can->add_header)
		return false;
	for (size_t i = 0; i < g->nedits; i++)
		if (g->edits[i].kind <= EDIT_PUT_HEADER ?
		    !can->add_header : !can->change_header)
			return false;
	return true;
}

static struct span lower(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/*
 * MTAs delete a recipient by his address. One that was given twice and shall
 * both stay and go cannot be served on the MTA's own copy.
 */
static bool deletes_a_stayer(const struct resolver *s, const struct ride *own)
{
	struct map *stays = map_new(s->a);

	for (size_t i = 0; i < s->v->ngroups; i++) {
		const struct group *g = &s->v->groups[i];

		for (size_t j = 0; s->ride_of[i] == own && j < g->nrcpts; j++)
			map_put(stays, lower(s->env->rcpts[g->rcpts[j]], s->a),
				s->r);
	}
	for (size_t i = 0; i < s->r->ndelete; i++) {
		struct span gone = s->env->rcpts[s->r->delete_rcpts[i]];

		if (map_get(stays, lower(gone, s->a)))
			return true;
	}
	return false;
}

/* Everybody who is not on the MTA's own copy, in recipient order. */
static void collect_deletes(struct resolver *s, const struct ride *own)
{
	bool *stays = arena_array(s->a, s->env->nrcpts, sizeof(*stays));

	for (size_t i = 0; i < s->v->ngroups; i++)
		for (size_t j = 0; j < s->v->groups[i].nrcpts; j++)
			stays[s->v->groups[i].rcpts[j]] =
				s->ride_of[i] == own;
	s->r->delete_rcpts = arena_array(s->a, s->env->nrcpts,
		sizeof(*s->r->delete_rcpts));
	for (size_t i = 0; i < s->env->nrcpts; i++)
		if (!stays[i])
			s->r->delete_rcpts[s->r->ndelete++] = (uint32_t)i;
}

/* Can the MTA's own copy serve this ride? Then the resolution says how. */
static bool ride_on_own_copy(struct resolver *s, const struct ride *own)
{
	if (!can_edit(s->can, own->first))
		return false;
	collect_deletes(s, own);
	if (s->r->ndelete == 0 ||
	    (s->can->delete_rcpt && !deletes_a_stayer(s, own))) {
		s->r->reply = REPLY_ACCEPT;
		s->r->edits = own->first->edits;
		s->r->nedits = own->first->nedits;
		s->r->own = own->first;
		return true;
	}
	s->r->ndelete = 0;
	return false;
}

/* A ride that goes as a copy of its own. */
static void copy_ride(struct resolver *s, const struct ride *ride)
{
	struct keep *k = add_keep(s, KEEP_COPY, ride->first,
		(struct span){ 0 });

	k->rcpts = arena_array(s->a, ride->nrcpts, sizeof(*k->rcpts));
	for (size_t i = 0; i < s->v->ngroups; i++)
		if (s->ride_of[i] == ride)
			take_addresses(s, &s->v->groups[i], k);
}

static void resolve_delivered(struct resolver *s)
{
	const struct ride *own;

	collect_rides(s);
	own = largest_ride(s);
	if (own && !ride_on_own_copy(s, own))
		own = NULL;
	for (const struct ride *ride = s->rides; ride; ride = ride->next)
		if (ride != own)
			copy_ride(s, ride);
	if (own == NULL)
		s->r->reply = REPLY_DISCARD;
}

void verdict_resolve(const struct verdict *v, const struct envelope *env,
	const struct mta_can *can, struct arena *a,
	struct resolution *r_r)
{
	struct resolver s = { .v = v, .env = env, .can = can, .a = a,
		.r = r_r, .last = &s.rides };

	*r_r = (struct resolution){ 0 };
	if (resolve_refusal(&s))
		return;
	r_r->keeps = arena_array(a, v->ngroups, sizeof(*r_r->keeps));
	resolve_kept(&s);
	resolve_delivered(&s);
	for (size_t i = 0; i < r_r->nkeeps && !can->reinject; i++)
		if (r_r->keeps[i].kind == KEEP_COPY) {
			refuse(&s, REPLY_TEMPFAIL, SPAN("4.3.5"),
				SPAN("the filter cannot carry this out: the "
				"MTA offers too few actions and no "
				"re-injection is wired"));
			return;
		}
}
