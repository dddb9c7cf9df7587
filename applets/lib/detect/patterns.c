#include "detect/patterns.h"

#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

struct patterns {
	hs_database_t *db;
	hs_scratch_t *scratch;
};

/* What Hyperscan is given. */
struct set {
	char **texts;
	unsigned *flags, *ids;
	size_t n;
};

static void free_set(struct set *s)
{
	for (size_t i = 0; s->texts && i < s->n; i++)
		free(s->texts[i]);
	free(s->texts);
	free(s->flags);
	free(s->ids);
}

static unsigned engine_flags(unsigned flags)
{
	unsigned hs = HS_FLAG_SINGLEMATCH;

	hs |= flags & PATTERN_CASELESS ? HS_FLAG_CASELESS : 0;
	hs |= flags & PATTERN_MULTILINE ? HS_FLAG_MULTILINE : 0;
	hs |= flags & PATTERN_DOTALL ? HS_FLAG_DOTALL : 0;
	hs |= flags & PATTERN_UTF8 ? HS_FLAG_UTF8 : 0;
	return hs;
}

/* False: no memory. */
static bool make_set(const struct pattern_source *v, size_t n, struct set *s)
{
	*s = (struct set){ calloc(n, sizeof(*s->texts)),
		calloc(n, sizeof(*s->flags)), calloc(n, sizeof(*s->ids)), n };
	if (s->texts == NULL || s->flags == NULL || s->ids == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		s->texts[i] = strndup((const char *)v[i].text.p, v[i].text.n);
		s->flags[i] = engine_flags(v[i].flags);
		s->ids[i] = (unsigned)i;
		if (s->texts[i] == NULL)
			return false;
	}
	return true;
}

/* Any processor with SSSE3: what is compiled here may run elsewhere. */
static int compile(const struct set *s, hs_database_t **db_r, size_t *bad_r,
	struct err *e)
{
	hs_platform_info_t any = { 0 };
	hs_compile_error_t *error = NULL;

	if (hs_compile_multi((const char *const *)s->texts, s->flags, s->ids,
			(unsigned)s->n, HS_MODE_BLOCK, &any, db_r, &error) ==
			HS_SUCCESS)
		return 0;
	if (error->expression >= 0 && (size_t)error->expression < s->n)
		*bad_r = (size_t)error->expression;
	err_set(e, ERR_PERMANENT, "the pattern is refused: %s",
		error->message);
	hs_free_compile_error(error);
	return -1;
}

static bool is_source(struct span text)
{
	return text.n && text.n <= PATTERN_SOURCE_MAX &&
		span_chr(text, 0) == SIZE_MAX;
}

static int check_sources(const struct pattern_source *v, size_t n,
	size_t *bad_r, struct err *e)
{
	*bad_r = n;
	if (n == 0 || n > PATTERNS_MAX)
		return err_set(e, ERR_PERMANENT, "a set has 1 to %d patterns",
			PATTERNS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (is_source(v[i].text))
			continue;
		*bad_r = i;
		return err_set(e, ERR_PERMANENT, "a pattern is 1 to %d bytes, "
			"without NUL", PATTERN_SOURCE_MAX);
	}
	return 0;
}

int patterns_compile(const struct pattern_source *v, size_t n, struct buf *b,
	size_t *bad_r, struct err *e)
{
	hs_database_t *db = NULL;
	struct set s;
	char *bytes = NULL;
	size_t size = 0;
	int result = -1;

	if (check_sources(v, n, bad_r, e) < 0)
		return -1;
	if (!make_set(v, n, &s))
		err_set(e, ERR_TEMPORARY, "no memory for patterns");
	else
		result = compile(&s, &db, bad_r, e);
	free_set(&s);
	if (result == 0 &&
	    hs_serialize_database(db, &bytes, &size) != HS_SUCCESS)
		result = err_set(e, ERR_TEMPORARY, "no memory for patterns");
	if (result == 0)
		buf_add(b, bytes, size);
	free(bytes);
	hs_free_database(db);
	return result;
}

const char *patterns_version(void)
{
	return hs_version();
}

struct patterns *patterns_open(struct span record, struct err *e)
{
	struct patterns *p = calloc(1, sizeof(*p));

	if (p && hs_valid_platform() == HS_SUCCESS &&
	    hs_deserialize_database((const char *)record.p, record.n,
			&p->db) == HS_SUCCESS &&
	    hs_alloc_scratch(p->db, &p->scratch) == HS_SUCCESS)
		return p;
	err_set(e, ERR_TEMPORARY, "compiled patterns do not fit this library "
		"or processor");
	patterns_free(&p);
	return NULL;
}

void patterns_free(struct patterns **p)
{
	if (*p == NULL)
		return;
	hs_free_scratch((*p)->scratch);
	hs_free_database((*p)->db);
	free(*p);
	*p = NULL;
}

struct listener {
	void (*found)(void *self, uint32_t id, size_t end);
	void *self;
};

static int on_match(unsigned id, unsigned long long from,
	unsigned long long to, unsigned flags, void *context)
{
	const struct listener *l = context;

	(void)from;
	(void)flags;
	l->found(l->self, id, (size_t)to);
	return 0;
}

void patterns_scan(const struct patterns *p, struct span text,
	void (*found)(void *self, uint32_t id, size_t end), void *self)
{
	struct listener l = { found, self };

	if (text.n > PATTERNS_TEXT_MAX)
		text.n = PATTERNS_TEXT_MAX;
	if (text.n)
		hs_scan(p->db, (const char *)text.p, (unsigned)text.n, 0,
			p->scratch, on_match, &l);
}
