#include "library.h"

#include "base/buf.h"

static int wrong(const char *name, const struct library_case *c,
	struct span line, const char *what, struct err *e)
{
	return err_set(e, ERR_BUG, "%s.test: case \"%.*s\": %s: \"%.*s\"",
		name, SPAN_FMT(c->title), what, SPAN_FMT(span_sub(line, 0,
		80)));
}

static bool is_key(struct span key)
{
	static const char *const keys[] = { "case", "from", "to", "relay",
		"user", "list", "option", "dns", "rate", "expect", "said",
		"silent", "text" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (span_is(key, keys[i]))
			return true;
	return false;
}

/* "key: value" up to an empty line. */
static int read_pairs(struct span *rest, const char *name,
	struct library_case *c, struct err *e)
{
	struct span line;

	while (span_line(rest, &line) && line.n) {
		size_t colon = span_chr(line, ':');
		struct library_pair *p = &c->pairs[c->npairs];

		if (line.p[0] == '#')
			continue;
		if (colon == SIZE_MAX || !is_key(span_sub(line, 0, colon)))
			return wrong(name, c, line, "no such key", e);
		if (++c->npairs == LIBRARY_PAIRS_MAX)
			return wrong(name, c, line, "too many lines", e);
		p->key = span_sub(line, 0, colon);
		p->value = span_trim(span_after(line, colon + 1));
		if (span_is(p->key, "case"))
			c->title = p->value;
	}
	return c->title.n ? 0 : wrong(name, c, line, "no title", e);
}

int library_next_case(struct span *rest, const char *name, struct arena *a,
	struct library_case *c_r, bool *more_r, struct err *e)
{
	struct buf message = { .arena = a };
	struct span line, first = *rest;

	*c_r = (struct library_case){ 0 };
	while (span_line(&first, &line) && (line.n == 0 || line.p[0] == '#'))
		*rest = first;
	*more_r = rest->n > 0;
	if (!*more_r)
		return 0;
	if (read_pairs(rest, name, c_r, e) < 0)
		return -1;
	while (span_line(rest, &line) && !span_is(line, "====")) {
		buf_span(&message, line);
		buf_string(&message, "\r\n");
	}
	c_r->message = buf_bytes(&message);
	return 0;
}
