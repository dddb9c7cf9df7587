#include "detect/pattern.h"

#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

#include "base/utf8.h"

enum { REPEAT_MAX = 100000, STARTS_REPEATS_MAX = 1000 };

struct pattern {
	struct pattern_room *room;
	hs_database_t *db;
	bool utf8, starts;	/* knows where a match starts */
	struct pattern *next;
};

struct pattern_room {
	hs_scratch_t *scratch;
	size_t size;		/* of all databases */
	struct pattern *first;
};

struct pattern_room *pattern_room_new(struct err *e)
{
	struct pattern_room *r;

	if (hs_valid_platform() != HS_SUCCESS) {
		err_set(e, ERR_PERMANENT, "this processor has no SSSE3, which "
			"regular expressions need");
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		err_set(e, ERR_TEMPORARY, "no memory for patterns");
	return r;
}

static void free_pattern(struct pattern *p)
{
	hs_free_database(p->db);
	free(p);
}

void pattern_room_free(struct pattern_room **r)
{
	if (*r == NULL)
		return;
	while ((*r)->first) {
		struct pattern *p = (*r)->first;

		(*r)->first = p->next;
		free_pattern(p);
	}
	hs_free_scratch((*r)->scratch);
	free(*r);
	*r = NULL;
}

/* What to do about what the engine refuses, in its own words. */
static const char *remedy(const char *text)
{
	static const struct { const char *part, *what; } known[] = {
		{ "empty buffer", ": it would fit every text; write + for *, "
			"or drop the ?" },
		{ "ack-reference", ": repeat the text itself, or compare two "
			"finds in the rule" },
		{ "ero-width assert", ": lookaround has no linear time; test "
			"with two patterns" },
		{ "too large", ": make its repeats {n,m} smaller, or split "
			"it" },
		{ "UTF-8", ": write the pattern in UTF-8" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(text, known[i].part))
			return known[i].what;
	return "";
}

/* Hyperscan's sentence without its full stop and advice to programmers. */
static int refuse(hs_compile_error_t *error, struct err *e)
{
	size_t n = strcspn(error->message, ";\n");

	while (n && error->message[n - 1] == '.')
		n--;
	err_set(e, ERR_PERMANENT, "the pattern is refused: %.*s%s", (int)n,
		error->message, remedy(error->message));
	hs_free_compile_error(error);
	return -1;
}

static unsigned engine_flags(unsigned flags)
{
	unsigned hs = 0;

	hs |= flags & PATTERN_CASELESS ? HS_FLAG_CASELESS : 0;
	hs |= flags & PATTERN_MULTILINE ? HS_FLAG_MULTILINE : 0;
	hs |= flags & PATTERN_DOTALL ? HS_FLAG_DOTALL : 0;
	hs |= flags & PATTERN_UTF8 ? HS_FLAG_UTF8 : 0;
	return hs;
}

/*
 * The product of all {n,m}, roughly: where it is large the search for a form
 * that knows where a match starts takes seconds, and is in vain.
 */
static bool has_large_repeats(const char *s)
{
	unsigned long product = 1;

	for (; *s && product <= STARTS_REPEATS_MAX; s++) {
		unsigned long n = 0, most = 0;

		if (*s == '\\' && s[1])
			s++;
		else if (*s == '{')
			for (const char *d = s + 1; *d && *d != '}'; d++) {
				n = *d >= '0' && *d <= '9' && n < REPEAT_MAX ?
					n * 10 + (unsigned long)(*d - '0') : 0;
				most = n > most ? n : most;
			}
		product *= most ? most : 1;
	}
	return product > STARTS_REPEATS_MAX;
}

/* As one that knows where a match starts, where that can be had. */
static int compile(struct pattern *p, const char *source, unsigned flags,
	struct err *e)
{
	hs_compile_error_t *error = NULL;
	hs_database_t *with_starts = NULL;

	if (hs_compile(source, flags | HS_FLAG_SINGLEMATCH, HS_MODE_BLOCK,
			NULL, &p->db, &error) != HS_SUCCESS)
		return refuse(error, e);
	if (has_large_repeats(source))
		return 0;
	if (hs_compile(source, flags | HS_FLAG_SOM_LEFTMOST, HS_MODE_BLOCK,
			NULL, &with_starts, &error) != HS_SUCCESS) {
		hs_free_compile_error(error);
		return 0;
	}
	hs_free_database(p->db);
	p->db = with_starts;
	p->starts = true;
	return 0;
}

/* Within the sizes, and there is scratch memory for it from now on. */
static int admit(struct pattern_room *r, struct pattern *p, struct err *e)
{
	size_t size = 0;

	hs_database_size(p->db, &size);
	if (size > PATTERN_SIZE_MAX || size > PATTERN_ROOM_MAX - r->size)
		return err_set(e, ERR_PERMANENT, "the pattern takes %zu KiB, "
			"and %zu KiB are left: make its repeats {n,m} "
			"smaller, or split it", size / 1024,
			((size_t)PATTERN_ROOM_MAX - r->size) / 1024);
	if (hs_alloc_scratch(p->db, &r->scratch) != HS_SUCCESS)
		return err_set(e, ERR_TEMPORARY, "no memory for a pattern");
	r->size += size;
	return 0;
}

struct pattern *pattern_compile(struct pattern_room *r, struct span source,
	unsigned flags, struct err *e)
{
	char text[PATTERN_SOURCE_MAX + 1];
	struct pattern *p;

	if (source.n == 0 || source.n > PATTERN_SOURCE_MAX ||
	    span_chr(source, 0) != SIZE_MAX) {
		err_set(e, ERR_PERMANENT, "a pattern is 1 to %d bytes, "
			"without NUL", PATTERN_SOURCE_MAX);
		return NULL;
	}
	memcpy(text, source.p, source.n);
	text[source.n] = 0;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		err_set(e, ERR_TEMPORARY, "no memory for a pattern");
		return NULL;
	}
	p->room = r;
	p->utf8 = flags & PATTERN_UTF8;
	if (compile(p, text, engine_flags(flags), e) < 0 ||
	    admit(r, p, e) < 0) {
		free_pattern(p);
		return NULL;
	}
	p->next = r->first;
	r->first = p;
	return p;
}

/* Cut inside a character, a text would be no UTF-8. */
static struct span drop_partial(struct span s)
{
	size_t at = s.n;

	while (at && s.n - at < 4 && (s.p[at - 1] & 0xc0) == 0x80)
		at--;
	if (at && s.p[at - 1] >= 0xc0 &&
	    utf8_next(span_after(s, at - 1), NULL) == 0)
		return span_sub(s, 0, at - 1);
	return s;
}

/* As much of it as is looked at; false: nothing of it can fit. */
static bool prepare(const struct pattern *p, struct span *text)
{
	bool cut = text->n > PATTERN_TEXT_MAX;

	*text = span_sub(*text, 0, PATTERN_TEXT_MAX);
	if (!p->utf8)
		return true;
	if (cut)
		*text = drop_partial(*text);
	return utf8_valid(*text);
}

static int on_any(unsigned id, unsigned long long from, unsigned long long to,
	unsigned flags, void *context)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	*(bool *)context = true;
	return 1;
}

bool pattern_match(const struct pattern *p, struct span text)
{
	bool found = false;

	if (prepare(p, &text))
		hs_scan(p->db, text.n ? (const char *)text.p : "",
			(unsigned)text.n, 0, p->room->scratch, on_any, &found);
	return found;
}

struct place {
	size_t from, to;
};

/* The leftmost start, and of those the farthest end. */
static int on_place(unsigned id, unsigned long long from,
	unsigned long long to, unsigned flags, void *context)
{
	struct place *best = context;

	(void)id;
	(void)flags;
	if (from < best->from) {
		best->from = (size_t)from;
		best->to = (size_t)to;
	} else if (from == best->from && to > best->to) {
		best->to = (size_t)to;
	}
	return 0;
}

bool pattern_find(const struct pattern *p, struct span text,
	struct span *found_r)
{
	struct place best = { SIZE_MAX, 0 };

	if (!p->starts || !prepare(p, &text))
		return false;
	hs_scan(p->db, text.n ? (const char *)text.p : "", (unsigned)text.n, 0,
		p->room->scratch, on_place, &best);
	if (best.from == SIZE_MAX)
		return false;
	*found_r = span_sub(text, best.from, best.to - best.from);
	return true;
}

bool pattern_can_find(const struct pattern *p)
{
	return p->starts;
}
