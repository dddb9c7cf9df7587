/*
 * What a source brings and nobody had put in by hand is remembered before it
 * is put in: cut off in between, the next run puts it in; the other way round
 * it would stay for ever as somebody's own.
 */
#include "sync.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"

enum { MEMORY = 2000 << 20 };

struct plan {
	const struct ldap_sync *y;
	const struct ldap_source *s;
	struct arena *a;
	struct ldap_answer answer;
	struct span *now, *brought;	/* in the target; by this source */
	size_t nnow, nbrought;
	struct span *add, *remove, *forget;
	size_t nadd, nremove, nforget;
	size_t theirs;		/* of others, for whom it has something else */
};

static int find_brought(struct plan *p, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(p->s->name));
	struct db_rows *rows;

	if (db_call(p->y->db, "ldap_have", &v, 1, &rows, e) < 0)
		return -1;
	p->nbrought = db_count(rows);
	p->brought = arena_array(p->a, p->nbrought + 1, sizeof(*p->brought));
	for (size_t i = 0; i < p->nbrought; i++)
		p->brought[i] = arena_span(p->a, db_span(rows, i, 0));
	db_rows_free(&rows);
	return 0;
}

static struct map *set_of(struct plan *p, const struct span *v, size_t n,
	bool keys)
{
	struct map *m = map_new(p->a);

	for (size_t i = 0; i < n; i++)
		map_put(m, keys ? ldap_key(p->s->into, v[i]) : v[i],
			(void *)&v[i]);
	return m;
}

/*
 * Goes: what this source brought, is there as it brought it, and is no longer
 * in the answer. Comes: what is not there, unless somebody said of the same
 * address something else by hand.
 */
static void compare(struct plan *p)
{
	struct map *now = set_of(p, p->now, p->nnow, false);
	struct map *keys = set_of(p, p->now, p->nnow, true);
	struct map *mine = set_of(p, p->brought, p->nbrought, false);
	struct map *wanted = set_of(p, p->answer.v, p->answer.n, false);

	p->add = arena_array(p->a, p->answer.n + 1, sizeof(*p->add));
	p->remove = arena_array(p->a, p->nbrought + 1, sizeof(*p->remove));
	p->forget = arena_array(p->a, p->nbrought + 1, sizeof(*p->forget));
	for (size_t i = 0; i < p->nbrought; i++) {
		if (map_get(wanted, p->brought[i]))
			continue;
		p->forget[p->nforget++] = p->brought[i];
		if (map_get(now, p->brought[i]))
			p->remove[p->nremove++] = p->brought[i];
	}
	for (size_t i = 0; i < p->answer.n; i++) {
		struct span one = p->answer.v[i];
		const struct span *other = map_get(keys,
			ldap_key(p->s->into, one));

		if (map_get(now, one))
			continue;
		if (other && !map_get(mine, *other))
			p->theirs++;
		else
			p->add[p->nadd++] = one;
	}
}

/* An answer that lacks much is rather a wrong one. */
static int judge(const struct plan *p, struct err *e)
{
	if (p->answer.n == 0)
		return err_set(e, ERR_PERMANENT, "%s: the directory has "
			"nothing for filter %.200s: nothing was changed",
			p->s->name, p->s->filter);
	if (p->nremove <= LDAP_SHRINK || p->y->accept ||
	    p->nremove * 100 <= p->nbrought * LDAP_SHRINK_PERCENT)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: %zu of %zu would go: nothing "
		"was changed; if that is right, pm ldap sync --accept %s",
		p->s->name, p->nremove, p->nbrought, p->s->name);
}

static int note(const struct plan *p, const char *statement,
	const struct span *v, size_t n, struct err *e)
{
	const struct db_value values[] = { DB_OF_TEXT(span_of(p->s->name)),
		DB_OF_TEXTS(v, n) };

	return n ? db_call(p->y->db, statement, values, 2, NULL, e) : 0;
}

static const char *outcome(const struct plan *p, const char *word)
{
	struct buf b = { .arena = p->a };

	buf_printf(&b, "%zu %sadded, %zu %sremoved", p->nadd, word,
		p->nremove, word);
	if (p->theirs)
		buf_printf(&b, ", %zu left as they were put by hand",
			p->theirs);
	return buf_c(&b);
}

static int done(const struct plan *p, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(p->s->name)),
		DB_OF_INT((int64_t)p->answer.n),
		DB_OF_TEXT(span_of(p->nadd + p->nremove ? outcome(p, "") :
		"")), DB_OF_TEXT(SPAN("pm ldap sync")) };

	return db_call(p->y->db, "ldap_done", v, 4, NULL, e);
}

static int carry_out(const struct plan *p, struct err *e)
{
	if (note(p, "ldap_bring", p->add, p->nadd, e) < 0)
		return -1;
	if (p->nadd + p->nremove && ldap_target_change(p->s, p->y->db, p->a,
	    p->add, p->nadd, p->remove, p->nremove, e) < 0)
		return -1;
	if (note(p, "ldap_forget", p->forget, p->nforget, e) < 0)
		return -1;
	return done(p, e);
}

static void say(const struct plan *p)
{
	const struct ldap_answer *r = &p->answer;

	for (size_t i = 0; i < p->nadd && p->y->dry_run; i++)
		printf("+ %.*s\n", SPAN_FMT(p->add[i]));
	for (size_t i = 0; i < p->nremove && p->y->dry_run; i++)
		printf("- %.*s\n", SPAN_FMT(p->remove[i]));
	printf("%s: %zu entries in the directory, %zu for %s; %s\n",
		p->s->name, r->people, r->n, p->s->target,
		outcome(p, p->y->dry_run ? "would be " : ""));
	if (r->strange)
		printf("%s: %zu values are no addresses and were passed "
			"over\n", p->s->name, r->strange);
}

static int run(struct plan *p, struct err *e)
{
	if (ldap_answer(p->s, NULL, p->a, &p->answer, e) < 0 ||
	    ldap_target_now(p->s, p->y->db, p->a, &p->now, &p->nnow, e) < 0 ||
	    find_brought(p, e) < 0)
		return -1;
	compare(p);
	if (judge(p, e) < 0)
		return -1;
	if (!p->y->dry_run && carry_out(p, e) < 0)
		return -1;
	say(p);
	return 0;
}

int ldap_sync(const struct ldap_sync *y, const struct ldap_source *s,
	struct err *e)
{
	struct plan p = { .y = y, .s = s,
		.a = arena_new("ldap sync", MEMORY) };
	int result = run(&p, e);

	if (result < 0 && !y->dry_run) {
		const struct db_value v[] = { DB_OF_TEXT(span_of(s->name)),
			DB_OF_TEXT(span_of(e->text)) };
		struct err second;

		/* The first error is the one to be told. */
		db_call(y->db, "ldap_failed", v, 2, NULL, &second);
	}
	arena_free(&p.a);
	return result;
}
