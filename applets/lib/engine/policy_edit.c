/*
 * A plan's steps become the final state of the header, and that becomes
 * edits for the MTA and splices for a copy: both say the same.
 */
#include "engine/policy_plan.h"

enum {
	OLD_VALUE_MAX = 60000, LINE_MAX_BYTES = 900,
	BODY_FIELDS = 4,	/* that a new body can ask for */
};

struct draft_field {
	bool changed, removed;
	struct span value;
};

struct added_field {
	bool removed;
	struct span name, value;
};

struct draft {
	const struct header *header;
	struct arena *arena;
	struct draft_field *fields;	/* beside header->fields */
	struct added_field added[PLAN_STEPS_MAX + BODY_FIELDS];
	size_t nadded;
	struct span results;		/* of our own; empty: none */
};

#define RESULTS SPAN("Authentication-Results")

/* " text", encoded. */
static struct span value_of(struct draft *d, struct span text)
{
	struct buf b = { .arena = d->arena };

	buf_byte(&b, ' ');
	buf_span(&b, edit_encode_text(text, d->arena));
	return buf_bytes(&b);
}

/* As found but with no CR or LF except in folds, no NUL, not too long. */
static struct span legal(struct draft *d, struct span value)
{
	struct buf b = { .arena = d->arena };

	value = span_sub(span_trim(value), 0, OLD_VALUE_MAX);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = value.p[i];
		bool fold = i + 2 < value.n && c == '\r' &&
			value.p[i + 1] == '\n' &&
			(value.p[i + 2] == ' ' || value.p[i + 2] == '\t');

		if (fold) {
			buf_string(&b, "\r\n");
			i++;
		} else {
			buf_byte(&b, c == '\r' || c == '\n' || c == 0 ?
				' ' : c);
		}
	}
	return buf_bytes(&b);
}

/*
 * A reader drops the blank between two encoded words (RFC 2047 section 6.2),
 * so it goes inside the first one.
 */
static struct span prefixed(struct draft *d, struct span prefix,
	struct span old)
{
	struct buf b = { .arena = d->arena }, text = { .arena = d->arena };
	struct span encoded;

	old = legal(d, old);
	buf_span(&text, prefix);
	encoded = edit_encode_text(buf_bytes(&text), d->arena);
	if (span_starts(old, SPAN("=?")) &&
	    span_ends(encoded, SPAN("?="))) {
		buf_byte(&text, ' ');
		encoded = edit_encode_text(buf_bytes(&text), d->arena);
	}
	buf_byte(&b, ' ');
	buf_span(&b, encoded);
	if (old.n == 0)
		return buf_bytes(&b);
	/* The old subject may fill its line (RFC 5322 2.1.1: 998). */
	if (span_sub(old, 0, span_chr(old, '\r')).n > LINE_MAX_BYTES)
		buf_string(&b, "\r\n");
	buf_byte(&b, ' ');
	buf_span(&b, old);
	return buf_bytes(&b);
}

static void add_field(struct draft *d, struct span name, struct span value)
{
	d->added[d->nadded++] = (struct added_field){ false, name, value };
}

static void prefix_subject(struct draft *d, struct span prefix)
{
	bool any = false;

	for (size_t i = 0; i < d->header->n; i++) {
		struct draft_field *f = &d->fields[i];

		if (f->removed || !span_caseeq(d->header->fields[i].name,
				SPAN("Subject")))
			continue;
		f->value = prefixed(d, prefix, f->changed ? f->value :
			d->header->fields[i].value);
		f->changed = any = true;
	}
	for (size_t i = 0; i < d->nadded; i++) {
		struct added_field *f = &d->added[i];

		if (f->removed || !span_caseeq(f->name, SPAN("Subject")))
			continue;
		f->value = prefixed(d, prefix, f->value);
		any = true;
	}
	if (!any)
		add_field(d, SPAN("Subject"), value_of(d, prefix));
}

static void remove_header(struct draft *d, struct span name)
{
	for (size_t i = 0; i < d->header->n; i++)
		if (span_caseeq(d->header->fields[i].name, name))
			d->fields[i].removed = true;
	for (size_t i = 0; i < d->nadded; i++)
		if (span_caseeq(d->added[i].name, name))
			d->added[i].removed = true;
}

/* The first field of that name that still stands keeps its place. */
static void replace_header(struct draft *d, struct span name,
	struct span value)
{
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < d->header->n && at == SIZE_MAX; i++)
		if (!d->fields[i].removed &&
		    span_caseeq(d->header->fields[i].name, name))
			at = i;
	remove_header(d, name);
	if (at == SIZE_MAX) {
		add_field(d, name, value_of(d, value));
		return;
	}
	d->fields[at] = (struct draft_field){ .changed = true,
		.value = value_of(d, value) };
}

static void apply(struct draft *d, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_PREFIX_SUBJECT:
		prefix_subject(d, s->value);
		break;
	case PLAN_ADD_HEADER:
		add_field(d, s->name, value_of(d, s->value));
		break;
	case PLAN_REPLACE_HEADER:
		replace_header(d, s->name, s->value);
		break;
	case PLAN_REMOVE_HEADER:
		remove_header(d, s->name);
		break;
	}
}

/* Which of its name the i-th field is, from 1. */
static unsigned rank_of(const struct header *h, size_t i)
{
	unsigned nth = 1;

	for (size_t k = 0; k < i; k++)
		if (span_caseeq(h->fields[k].name, h->fields[i].name))
			nth++;
	return nth;
}

static void put_splice(struct group *g, struct edit_splice s)
{
	g->splices[g->nsplices++] = (struct splice){ s.at, s.remove,
		s.insert };
}

/* In front: the first of all splices. */
static void splice_results(struct draft *d, struct group *g)
{
	if (d->results.n)
		put_splice(g, edit_put_header(RESULTS, d->results, d->arena));
}

/* The last edit: an MTA counts it among those of its name from then on. */
static void put_results(struct draft *d, struct group *g)
{
	if (d->results.n)
		g->edits[g->nedits++] = (struct edit){ EDIT_PUT_HEADER, 0,
			RESULTS, d->results };
}

/* Fields in order: changes at once, their splices ascend by themselves. */
static void put_changes(struct draft *d, struct group *g)
{
	const struct header *h = d->header;

	for (size_t i = 0; i < h->n; i++) {
		struct edit_splice s = { h->fields[i].at, h->fields[i].size,
			{ NULL, 0 } };
		struct edit edit = { .name = h->fields[i].name };

		if (!d->fields[i].removed && !d->fields[i].changed)
			continue;
		edit.nth = rank_of(h, i);
		if (d->fields[i].changed) {
			edit.kind = EDIT_CHANGE_HEADER;
			edit.value = d->fields[i].value;
			edit_change_header(h, edit.name, edit.nth, edit.value,
				d->arena, &s);
			g->edits[g->nedits++] = edit;
		}
		put_splice(g, s);
	}
}

/* Backwards: an MTA may count anew after each removal. */
static void put_removals(struct draft *d, struct group *g)
{
	const struct header *h = d->header;

	for (size_t i = h->n; i-- > 0;)
		if (d->fields[i].removed)
			g->edits[g->nedits++] = (struct edit){
				EDIT_REMOVE_HEADER, rank_of(h, i),
				h->fields[i].name, { NULL, 0 } };
}

static void put_additions(struct draft *d, struct group *g)
{
	for (size_t i = 0; i < d->nadded; i++) {
		const struct added_field *f = &d->added[i];

		if (f->removed)
			continue;
		g->edits[g->nedits++] = (struct edit){ EDIT_ADD_HEADER, 0,
			f->name, f->value };
		put_splice(g, edit_add_header(d->header, f->name, f->value,
			d->arena));
	}
}

/* What stands there before the policy's first step. */
static void apply_own(struct draft *d, const struct own_edits *own)
{
	for (size_t i = 0; own->forged && i < d->header->n; i++)
		d->fields[i].removed = own->forged[i];
	if (own->results.n)
		d->results = own->results;
}

/* Fields that say what the body is now. */
static void apply_body(struct draft *d, const struct policy_body *body)
{
	for (size_t i = 0; i < body->nfields; i++)
		replace_header(d, body->fields[i].name, body->fields[i].value);
}

/* Behind those of the header: they ascend. */
static void splice_body(const struct policy_body *body, struct group *g)
{
	for (size_t i = 0; i < body->nsplices; i++)
		put_splice(g, body->splices[i]);
	g->new_body = body->nsplices > 0;
}

static void put_all(struct draft *d, const struct policy_body *body,
	struct group *g)
{
	splice_results(d, g);
	put_changes(d, g);
	put_removals(d, g);
	put_additions(d, g);
	splice_body(body, g);
	put_results(d, g);
}

bool policy_edit(const struct plan *p, const struct facts *f,
	struct arena *a, struct group *g)
{
	const struct header *h = &f->mime.root->header;
	struct draft d = { .header = h, .arena = a };
	size_t touched = 0, room;
	struct policy_body body;

	policy_body(p, f, a, &body);
	if (p->nsteps == 0 && f->ours.results.n == 0 &&
	    f->ours.forged == NULL && body.nsplices == 0)
		return true;
	d.fields = arena_array(a, h->n, sizeof(*d.fields));
	apply_own(&d, &f->ours);
	for (size_t i = 0; i < p->nsteps; i++)
		apply(&d, &p->steps[i]);
	apply_body(&d, &body);
	for (size_t i = 0; i < h->n; i++)
		touched += d.fields[i].changed || d.fields[i].removed;
	if (touched + d.nadded > PLAN_EDITS_MAX)
		return false;
	/* And one for our results. */
	room = touched + d.nadded + 1;
	g->edits = arena_array(a, room, sizeof(*g->edits));
	g->splices = arena_array(a, room + body.nsplices,
		sizeof(*g->splices));
	put_all(&d, &body, g);
	return true;
}
