/*
 * Release, delete, restore, forward: what people order on a page.
 */
#include "call.h"
#include "web/pages_host.h"

enum { RCPTS_MAX = 10000, WAIT_MAX_S = 3600 };

struct order {
	struct id id;
	struct quarantine_order o;
};

typedef int carry_out(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);

/* Who and how; the key from the form, or a new one. */
static bool begin(struct script_call *c, struct order *r,
	const struct script_value **t_r)
{
	const struct web_request *request = pages_request(c);
	struct arena *a = call_arena(c);

	*r = (struct order){ 0 };
	if (!call_may(c, "quarantine") || !call_id(c, 0, &r->id))
		return false;
	call_table(c, 1, t_r);
	if (!id_parse(call_field(c, *t_r, "key"), &r->o.key))
		r->o.key = id_new();
	r->o.who = arena_string(a, request->session->who);
	r->o.via = arena_printf(a, "page %.*s", SPAN_FMT(request->peer));
	return c->error.class == ERR_NONE;
}

/* rcpts = { n … } as addresses; the numbers are those of held_get. */
static bool choose(struct script_call *c, const struct script_value *t,
	struct order *r)
{
	struct script_value list = { .type = SCRIPT_NIL };
	struct arena *a = call_arena(c);
	struct quarantine_entry entry;
	struct span *v;
	struct err e;

	if (t)
		list = script_table_get(c->script, t, "rcpts");
	if (list.type != SCRIPT_TABLE)
		return true;
	if (quarantine_get(&call_worker(c)->quarantine, &r->id, false, a,
	    &entry, &e) < 0) {
		call_trouble(c, &e);
		return false;
	}
	v = arena_array(a, entry.nrcpts + 1, sizeof(*v));
	for (size_t i = 1; i <= entry.nrcpts; i++) {
		struct script_value n = script_table_at(c->script, &list, i);

		if (n.type == SCRIPT_INT && n.integer >= 1 &&
		    (uint64_t)n.integer <= entry.nrcpts)
			v[r->o.nrcpts++] = entry.rcpts[n.integer - 1].address;
	}
	r->o.rcpts = v;
	if (r->o.nrcpts)
		return true;
	err_set(&e, ERR_PERMANENT, "No recipient was chosen.");
	call_trouble(c, &e);
	return false;
}

/* learn = "wanted" or "spam"; administrators' say is not bounded. */
static void take_learn(struct script_call *c, const struct script_value *t,
	struct order *r)
{
	struct span learn = call_field(c, t, "learn");

	r->o.learn = span_is(learn, "wanted") ? QUARANTINE_LEARN_WANTED :
		span_is(learn, "spam") ? QUARANTINE_LEARN_SPAM :
		QUARANTINE_LEARN_NOTHING;
}

static void finish(struct script_call *c, const struct order *r,
	carry_out *run)
{
	struct script_value m = call_map(c, 1);
	struct err e;
	int n = run(&call_worker(c)->quarantine, &r->id, &r->o, &e);

	if (n < 0) {
		call_trouble(c, &e);
		return;
	}
	pages_put(&m, "n", pages_int(n));
	c->result = m;
}

void orders_release(struct script_call *c)
{
	const struct script_value *t;
	struct order r;
	int64_t wait_s;

	if (!begin(c, &r, &t))
		return;
	wait_s = call_number(c, t, "wait_s", 0);
	r.o.wait_s = wait_s < 0 ? 0 : wait_s > WAIT_MAX_S ? WAIT_MAX_S :
		(unsigned)wait_s;
	r.o.approve = call_flag(c, t, "approve");
	r.o.again = call_flag(c, t, "again");
	take_learn(c, t, &r);
	if (c->error.class == ERR_NONE && choose(c, t, &r))
		finish(c, &r, quarantine_release);
}

void orders_forget(struct script_call *c)
{
	const struct script_value *t;
	struct order r;

	if (!begin(c, &r, &t))
		return;
	take_learn(c, t, &r);
	if (c->error.class == ERR_NONE && choose(c, t, &r))
		finish(c, &r, quarantine_delete);
}

void orders_restore(struct script_call *c)
{
	const struct script_value *t;
	struct order r;

	if (begin(c, &r, &t) && choose(c, t, &r))
		finish(c, &r, quarantine_restore);
}

static bool is_separator(unsigned char b)
{
	return b <= ' ' || b == ',' || b == ';';
}

/* Addresses with blanks, commas or semicolons between. */
static void take_addresses(struct span s, struct arena *a,
	struct quarantine_order *o)
{
	struct span *v = arena_array(a, RCPTS_MAX, sizeof(*v));

	while (s.n && o->nrcpts < RCPTS_MAX) {
		size_t n = 0;

		while (n < s.n && !is_separator(s.p[n]))
			n++;
		if (n)
			v[o->nrcpts++] = arena_span(a, span_sub(s, 0, n));
		s = span_after(s, n + 1);
	}
	o->rcpts = v;
}

void orders_forward(struct script_call *c)
{
	const struct script_value *t;
	struct order r;
	struct err e;

	/* Whoever it is forwarded to reads it. */
	if (!call_may(c, "quarantine.body") || !begin(c, &r, &t))
		return;
	take_addresses(call_field(c, t, "to"), call_arena(c), &r.o);
	if (r.o.nrcpts == 0) {
		err_set(&e, ERR_PERMANENT, "To whom? Name an address.");
		call_trouble(c, &e);
	} else if (c->error.class == ERR_NONE) {
		finish(c, &r, quarantine_forward);
	}
}
