#include "mailauth/spf.h"

#include "mail/domain.h"
#include "mailauth/spf_term.h"

enum { TERMS = 10, VOIDS = 2, DEPTH = TERMS + 1 };

/* A record under evaluation; those below it wait for their include. */
struct frame {
	struct span domain, rest, redirect, exp;
	struct spf_term include;	/* the term that opened it */
};

struct run {
	struct spf_scope x;
	struct spf_answer *r;
	struct frame stack[DEPTH];
	unsigned depth;
};

enum step { STEP_NO, STEP_MATCH, STEP_OPENED, STEP_END };

static enum step finish(struct run *s, enum auth_result result,
	const char *problem)
{
	s->r->result = result;
	if (problem)
		s->r->problem = span_of(problem);
	return STEP_END;
}

/* A letter-digit-hyphen name with two labels at least (section 4.3). */
static bool is_domain(struct span d)
{
	struct span label;
	unsigned labels = 0;

	if (d.n > 253 || (d.n > 0 && d.p[d.n - 1] == '.'))
		return false;
	for (size_t i = 0; i < d.n; i++) {
		unsigned char c = span_lower(d.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.')
			return false;
	}
	for (; span_cut(&d, '.', &label); labels++)
		if (label.n == 0 || label.n > 63)
			return false;
	return labels > 1;
}

static bool next_word(struct span *rest, struct span *word_r)
{
	while (span_cut(rest, ' ', word_r))
		if (word_r->n > 0)
			return true;
	return false;
}

/* Every term must be well formed before the first is evaluated (4.6). */
static bool check_terms(struct frame *f)
{
	struct span rest = f->rest, word;
	struct spf_term t;

	while (next_word(&rest, &word)) {
		struct span *once;

		if (!spf_term_parse(word, &t))
			return false;
		once = t.kind == SPF_REDIRECT ? &f->redirect :
			t.kind == SPF_EXP ? &f->exp : NULL;
		if (once && once->n > 0)
			return false;
		if (once)
			*once = t.domain;
	}
	return true;
}

/* The one record among the answers; false: several. */
static bool select_record(struct run *s, const struct question *q,
	struct span *terms_r, bool *found_r)
{
	struct span text, terms;

	*found_r = false;
	for (size_t i = 0; q->state == ASK_YES && i < q->nrecords; i++) {
		if (!lookup_txt(q->records[i], s->x.a, &text) ||
		    !spf_record_is(text, &terms))
			continue;
		if (*found_r)
			return false;
		*found_r = true;
		*terms_r = terms;
	}
	return true;
}

/* Fetches the record of the frame's domain. */
static enum step open_record(struct run *s, struct frame *f, bool first)
{
	const struct question *q = lookup_ask(s->x.l, f->domain, LOOKUP_TXT);
	bool found;

	if (q->state == ASK_PENDING)
		return finish(s, AUTH_WAIT, NULL);
	if (q->state != ASK_YES && q->state != ASK_NO)
		return finish(s, AUTH_TEMPERROR, "the DNS gave no answer");
	f->redirect = f->exp = (struct span){ 0 };
	if (!select_record(s, q, &f->rest, &found))
		return finish(s, AUTH_PERMERROR, "several SPF records");
	if (!found)
		return first ? finish(s, AUTH_NONE, NULL) : finish(s,
			AUTH_PERMERROR, "included domain without SPF record");
	if (!check_terms(f))
		return finish(s, AUTH_PERMERROR, "syntax error in record");
	return STEP_OPENED;
}

/* What every look-up of a term comes to; STEP_MATCH: go on. */
static enum step weigh(struct run *s, const struct question *q)
{
	if (q->state == ASK_PENDING)
		return finish(s, AUTH_WAIT, NULL);
	if (q->state != ASK_YES && q->state != ASK_NO)
		return finish(s, AUTH_TEMPERROR, "the DNS gave no answer");
	if (q->state == ASK_NO && ++s->r->voids > VOIDS)
		return finish(s, AUTH_PERMERROR, "too many void look-ups");
	return STEP_MATCH;
}

static enum step match_address(struct run *s, const struct spf_term *t,
	struct span name)
{
	const struct netaddr *ip = &s->x.q->ip;
	const struct question *q = lookup_ask(s->x.l, name,
		spf_address_type(ip));
	enum step step = weigh(s, q);

	if (step != STEP_MATCH)
		return step;
	return spf_has_address(q, ip, ip->n == 4 ? t->bits4 : t->bits6) ?
		STEP_MATCH : STEP_NO;
}

static enum step match_mx(struct run *s, const struct spf_term *t,
	struct span domain)
{
	const struct question *q = lookup_ask(s->x.l, domain, LOOKUP_MX);
	enum step step = weigh(s, q);
	struct span name;

	if (step != STEP_MATCH)
		return step;
	if (q->nrecords > SPF_NAMES)
		return finish(s, AUTH_PERMERROR, "more than ten MX");
	step = STEP_NO;
	for (size_t i = 0; q->state == ASK_YES && i < q->nrecords &&
	    step == STEP_NO; i++)
		if (lookup_name(span_after(q->records[i], 2), s->x.a, &name))
			step = match_address(s, t, name);
	return step;
}

static enum step match_ptr(struct run *s, struct span domain)
{
	const struct question *q = spf_ask_ptr(&s->x);
	struct span name;

	/* An error of the DNS is no match here (section 5.5). */
	if (q->state == ASK_LATER)
		return STEP_NO;
	if (weigh(s, q) != STEP_MATCH)
		return STEP_END;
	if (!spf_host_name(&s->x, domain, &name))
		return finish(s, AUTH_WAIT, NULL);
	return name.n > 0 && domain_is_below(name, domain) ? STEP_MATCH :
		STEP_NO;
}

static enum step match_exists(struct run *s, struct span domain)
{
	const struct question *q = lookup_ask(s->x.l, domain, LOOKUP_A);
	enum step step = weigh(s, q);

	return step == STEP_MATCH && q->state == ASK_NO ? STEP_NO : step;
}

/* The target's record above this one, whose rest waits. */
static enum step open_include(struct run *s, const struct spf_term *t,
	struct span domain)
{
	struct frame *f = &s->stack[s->depth];

	*f = (struct frame){ .domain = domain, .include = *t };
	s->depth++;
	return open_record(s, f, false);
}

/* A term that asks the DNS; counted. */
static enum step match_lookup(struct run *s, const struct spf_term *t)
{
	struct span domain = s->x.domain;
	enum auth_result r;

	if (++s->r->lookups > TERMS)
		return finish(s, AUTH_PERMERROR, "too many DNS look-ups");
	if (t->domain.n > 0) {
		r = spf_domain_expand(&s->x, t->domain, &domain);
		if (r != AUTH_PASS)
			return finish(s, r, r == AUTH_WAIT ? NULL :
				"macros expand to too much");
	}
	switch (t->kind) {
	case SPF_INCLUDE: return open_include(s, t, domain);
	case SPF_A: return match_address(s, t, domain);
	case SPF_MX: return match_mx(s, t, domain);
	case SPF_PTR: return match_ptr(s, domain);
	default: return match_exists(s, domain);
	}
}

static enum step match_term(struct run *s, const struct spf_term *t)
{
	switch (t->kind) {
	case SPF_ALL:
		return STEP_MATCH;
	case SPF_IP4:
	case SPF_IP6:
		return cidr_contains(&t->net, &s->x.q->ip) ? STEP_MATCH :
			STEP_NO;
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		return STEP_NO;
	default:
		return match_lookup(s, t);
	}
}

static enum auth_result of_qualifier(unsigned char c)
{
	return c == '-' ? AUTH_FAIL : c == '~' ? AUTH_SOFTFAIL : c == '?' ?
		AUTH_NEUTRAL : AUTH_PASS;
}

/* A term matched: its record's result, and what includes make of it. */
static enum step matched(struct run *s, const struct spf_term *t)
{
	struct spf_term now = *t;

	while (s->depth > 1) {
		s->depth--;
		if (of_qualifier(now.qualifier) != AUTH_PASS)
			return STEP_NO;
		now = s->stack[s->depth].include;
	}
	s->r->mechanism = now.name;
	return finish(s, of_qualifier(now.qualifier), NULL);
}

/* Nothing matched in the record on top. */
static enum step at_end(struct run *s)
{
	struct frame *f = &s->stack[s->depth - 1];
	enum auth_result r;

	if (f->redirect.n == 0) {
		if (--s->depth > 0)
			return STEP_NO;
		return finish(s, AUTH_NEUTRAL, NULL);
	}
	if (++s->r->lookups > TERMS)
		return finish(s, AUTH_PERMERROR, "too many DNS look-ups");
	r = spf_domain_expand(&s->x, f->redirect, &f->domain);
	if (r != AUTH_PASS)
		return finish(s, r, NULL);
	return open_record(s, f, false);
}

static void evaluate(struct run *s)
{
	enum step step = open_record(s, &s->stack[0], true);
	struct span word;
	struct spf_term t;

	s->depth = 1;
	while (step != STEP_END) {
		struct frame *f = &s->stack[s->depth - 1];

		s->x.domain = f->domain;
		if (!next_word(&f->rest, &word)) {
			step = at_end(s);
			continue;
		}
		spf_term_parse(word, &t);
		step = match_term(s, &t);
		if (step == STEP_MATCH)
			step = matched(s, &t);
	}
}

/* A sender's bytes may have come in by a macro. */
static struct span make_printable(struct arena *a, struct span s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		buf_byte(&b, s.p[i] < 0x20 || s.p[i] > 0x7e ? '?' : s.p[i]);
	return buf_bytes(&b);
}

/* Whatever goes wrong here, there is no explanation (section 6.2). */
static void explain(struct run *s)
{
	struct frame *f = &s->stack[0];
	const struct question *q;
	struct span name, text;
	enum auth_result r;

	s->x.domain = f->domain;
	r = spf_domain_expand(&s->x, f->exp, &name);
	if (r == AUTH_PASS) {
		q = lookup_ask(s->x.l, name, LOOKUP_TXT);
		if (q->state == ASK_PENDING)
			r = AUTH_WAIT;
		else if (q->state != ASK_YES || q->nrecords != 1 ||
		    !lookup_txt(q->records[0], s->x.a, &text) ||
		    !spf_macro_valid(text, true))
			return;
		else
			r = spf_macro_expand(&s->x, text, &text);
	}
	if (r == AUTH_WAIT)
		s->r->result = AUTH_WAIT;
	else if (r == AUTH_PASS)
		s->r->explanation = make_printable(s->x.a, text);
}

/* The identity that is checked, and what the macros say of it. */
static void set_identity(struct run *s, const struct spf_query *q)
{
	size_t at = span_rchr(q->mail_from, '@');
	struct buf b = { .arena = s->x.a };

	s->r->helo = q->mail_from.n == 0;
	s->x.from = s->r->helo ? q->helo : at == SIZE_MAX ? q->mail_from :
		span_after(q->mail_from, at + 1);
	s->x.local = s->r->helo || at == SIZE_MAX || at == 0 ?
		SPAN("postmaster") : span_sub(q->mail_from, 0, at);
	if (s->x.from.n > 0 && s->x.from.p[s->x.from.n - 1] == '.')
		s->x.from.n--;
	buf_span(&b, s->x.local);
	buf_byte(&b, '@');
	buf_span(&b, s->x.from);
	s->x.sender = buf_bytes(&b);
	s->r->domain = s->stack[0].domain = s->x.domain = s->x.from;
}

void spf_check(struct lookup *l, const struct spf_query *q, struct arena *a,
	struct spf_answer *answer_r)
{
	struct run s = { .x = { .l = l, .a = a, .q = q }, .r = answer_r };

	*answer_r = (struct spf_answer){ .result = AUTH_NONE };
	set_identity(&s, q);
	if (!is_domain(s.x.from))
		return;
	evaluate(&s);
	if (answer_r->result == AUTH_FAIL && s.stack[0].exp.n > 0)
		explain(&s);
}
