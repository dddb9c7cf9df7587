#include "mail/flowed.h"

#include "base/buf.h"

struct line {
	size_t depth;		/* of quotes */
	struct span text;
	bool flows;
};

static struct line read_line(struct span s, bool delsp)
{
	struct line l = { 0 };

	while (l.depth < s.n && s.p[l.depth] == '>')
		l.depth++;
	s = span_after(s, l.depth);
	if (s.n && s.p[0] == ' ')
		s = span_after(s, 1);
	l.text = s;
	/* The line above a signature ends with a blank all the same. */
	l.flows = s.n && s.p[s.n - 1] == ' ' && !span_is(s, "-- ");
	if (l.flows && delsp)
		l.text.n--;
	return l;
}

struct span flowed_undo(struct span text, bool delsp, struct arena *a)
{
	struct buf b = { .arena = a };
	struct line before = { 0 };
	struct span s;

	buf_room(&b, text.n);
	while (span_line(&text, &s)) {
		struct line l = read_line(s, delsp);

		if (before.flows && (l.depth != before.depth ||
				     span_is(l.text, "-- "))) {
			buf_byte(&b, '\n');
			before.flows = false;
		}
		if (!before.flows) {
			for (size_t i = 0; i < l.depth; i++)
				buf_byte(&b, '>');
			if (l.depth)
				buf_byte(&b, ' ');
		}
		buf_span(&b, l.text);
		if (!l.flows)
			buf_byte(&b, '\n');
		before = l;
	}
	return buf_bytes(&b);
}
