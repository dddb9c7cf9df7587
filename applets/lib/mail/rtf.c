#include "mail/office_look.h"

#include "base/buf.h"
#include "mail/ole.h"

enum {
	DEPTH_MOST = 1000,	/* what Word itself refuses is far below */
	TEXT_MOST = 65536,
	OBJECTS_MOST = 500,
};

/* Where text goes: the innermost destination that was opened. */
enum goal { G_NONE, G_OBJECT, G_TEMPLATE, G_FIELD, G_CLASS };

static const struct {
	const char *word;
	enum goal goal;
} goals[] = {
	{ "objdata", G_OBJECT }, { "template", G_TEMPLATE },
	{ "fldinst", G_FIELD }, { "objclass", G_CLASS },
};

struct rtf {
	struct file_look *look;
	struct span s;
	size_t at;
	size_t depth, from;	/* goal was opened at depth `from` */
	enum goal goal;
	struct buf text;	/* of the goal; of an object its bytes */
	int half;		/* of a byte in hex, or -1 */
	unsigned objects;
};

static uint32_t le32(struct span s, size_t at)
{
	return s.n < 4 || at > s.n - 4 ? 0 : s.p[at] |
		(uint32_t)s.p[at + 1] << 8 | (uint32_t)s.p[at + 2] << 16 |
		(uint32_t)s.p[at + 3] << 24;
}

/* A string with its length before it (MS-OLEDS 2.1.4). */
static struct span counted(struct span *rest)
{
	uint32_t n = le32(*rest, 0);
	struct span s = span_sub(*rest, 4, n);

	*rest = span_after(*rest, 4 + (size_t)n);
	return span_sub(s, 0, span_chr(s, 0));
}

/* An OLE 1 object (MS-OLEDS 2.2.5): class, then the native data. */
static void end_object(struct rtf *r)
{
	struct span s = arena_span(r->look->arena, buf_bytes(&r->text));
	struct span rest = span_after(s, 8), class, data;
	size_t ole = span_find(s, SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));

	r->look->flags |= FILE_EMBEDDED;
	if (++r->objects > OBJECTS_MOST) {
		look_over(r->look);
		return;
	}
	class = counted(&rest);
	counted(&rest);
	counted(&rest);
	data = span_sub(rest, 4, le32(rest, 0));
	if (span_casestarts(class, SPAN("equation")) ||
	    span_casefind(span_sub(s, 0, 64), SPAN("equation")) != SIZE_MAX)
		r->look->flags |= FILE_EQUATION;
	/* Writers lie about the header; readers find the file all the same. */
	if (ole != SIZE_MAX)
		data = span_after(s, ole);
	else if (data.n == 0)
		data = s;
	look_embedded(r->look, class, data);
}

static void end_goal(struct rtf *r)
{
	struct span s = buf_bytes(&r->text);

	switch (r->goal) {
	case G_OBJECT: end_object(r); break;
	case G_TEMPLATE:
		r->look->flags |= FILE_EXTERNAL;
		look_link(r->look, s);
		break;
	case G_FIELD: look_field(r->look, s); break;
	case G_CLASS:
		if (span_casestarts(span_trim(s), SPAN("equation")))
			r->look->flags |= FILE_EQUATION;
		break;
	case G_NONE: break;
	}
	r->goal = G_NONE;
	r->text.n = 0;
	r->half = -1;
}

static int hex(unsigned char c)
{
	unsigned char low = span_lower(c);

	return c >= '0' && c <= '9' ? c - '0' :
		low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static void put(struct rtf *r, unsigned char c)
{
	int v;

	if (r->goal == G_NONE)
		return;
	if (r->goal != G_OBJECT) {
		if (r->text.n < TEXT_MOST && c >= ' ')
			buf_byte(&r->text, c);
		return;
	}
	v = hex(c);
	if (v < 0)
		return;
	if (r->half < 0) {
		r->half = v;
		return;
	}
	buf_byte(&r->text, (unsigned char)(r->half << 4 | v));
	r->half = -1;
}

/* \binN: N bytes that are not text; more than there are is a lie. */
static void skip_binary(struct rtf *r, uint64_t n)
{
	struct span data;

	if (n > r->s.n - r->at) {
		look_broken(r->look);
		n = r->s.n - r->at;
	}
	data = span_sub(r->s, r->at, (size_t)n);
	if (r->goal == G_OBJECT)
		buf_span(&r->text, data);
	r->at += data.n;
}

static void word(struct rtf *r, struct span w, uint64_t n, bool has_n)
{
	if (span_is(w, "bin") && has_n) {
		skip_binary(r, n);
		return;
	}
	if (span_is(w, "objautlink") || span_is(w, "objlink"))
		r->look->flags |= FILE_EXTERNAL;
	for (size_t i = 0; i < sizeof(goals) / sizeof(goals[0]); i++)
		if (span_is(w, goals[i].word)) {
			end_goal(r);
			r->goal = goals[i].goal;
			r->from = r->depth;
		}
}

/* What stands behind a backslash. */
static void control(struct rtf *r)
{
	size_t from = r->at, end;
	uint64_t n = 0;
	bool minus = false, has_n;

	while (r->at < r->s.n && span_lower(r->s.p[r->at]) >= 'a' &&
	       span_lower(r->s.p[r->at]) <= 'z')
		r->at++;
	end = r->at;
	if (end == from) {
		/* A symbol: \'hh is a byte, the others are not for us. */
		unsigned char c = r->at < r->s.n ? r->s.p[r->at++] : 0;

		if (c == '\\' || c == '{' || c == '}') {
			put(r, c);
		} else if (c == '\'') {
			int a = r->at < r->s.n ? hex(r->s.p[r->at]) : -1;
			int b = r->at + 1 < r->s.n ? hex(r->s.p[r->at + 1]) :
				-1;

			if (a >= 0 && b >= 0 && r->goal != G_OBJECT)
				put(r, (unsigned char)(a << 4 | b));
			r->at += 2;
		}
		return;
	}
	if (r->at < r->s.n && r->s.p[r->at] == '-') {
		minus = true;
		r->at++;
	}
	has_n = r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9';
	for (; r->at < r->s.n && r->s.p[r->at] >= '0' &&
	     r->s.p[r->at] <= '9'; r->at++)
		n = n < UINT32_MAX ? n * 10 + (r->s.p[r->at] - '0') : n;
	if (r->at < r->s.n && r->s.p[r->at] == ' ')
		r->at++;
	word(r, span_sub(r->s, from, end - from), n, has_n && !minus);
}

void rtf_look(struct file_look *l, struct span content)
{
	struct rtf r = { .look = l, .s = content, .half = -1,
		.text = { .arena = l->arena } };

	while (r.at < content.n) {
		unsigned char c = content.p[r.at++];

		if (c == '\\') {
			control(&r);
		} else if (c == '{') {
			if (++r.depth == DEPTH_MOST) {
				look_broken(l);
				look_over(l);
			}
		} else if (c == '}') {
			if (r.goal != G_NONE && r.depth <= r.from)
				end_goal(&r);
			r.depth -= r.depth != 0;
		} else {
			put(&r, c);
		}
	}
	end_goal(&r);
	if (r.depth)
		look_broken(l);
}
