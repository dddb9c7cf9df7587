#include "mail/html_reader.h"

#include "base/utf8.h"

/* Bytes at which a run of plain text ends. */
enum { BLANK = 1, REFERENCE = 2, RARE = 4 };

/* RARE: first bytes of the characters that are looked at one by one. */
static const unsigned char classes[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\f'] = BLANK,
	['\r'] = BLANK, ['&'] = REFERENCE, [0xc2] = RARE, [0xcd] = RARE,
	[0xe1] = RARE, [0xe2] = RARE, [0xef] = RARE,
};

void html_put_breaks(struct html_writer *w, unsigned n)
{
	w->blank = false;
	if (w->breaks < n)
		w->breaks = n;
}

void html_put_line_end(struct html_writer *w)
{
	html_put_breaks(w, w->breaks < BREAKS_MAX ? w->breaks + 1 :
		BREAKS_MAX);
}

/* What of s there is room for, in whole characters. */
static struct span fitting(struct html_writer *w, struct span s)
{
	size_t room = w->max - w->out.n, n;

	room = room > BREAKS_MAX ? room - BREAKS_MAX : 0;
	if (s.n <= room)
		return s;
	w->full = true;
	for (n = room; n && (s.p[n] & 0xc0) == 0x80; n--)
		;
	return span_sub(s, 0, n);
}

void html_put(struct html_writer *w, struct span s)
{
	if (w->full || (s = fitting(w, s)).n == 0)
		return;
	if (w->out.n)
		for (unsigned i = 0; i < w->breaks; i++)
			buf_byte(&w->out, '\n');
	if (w->blank && w->breaks == 0 && w->out.n)
		buf_byte(&w->out, ' ');
	w->breaks = 0;
	w->blank = false;
	buf_span(&w->out, s);
}

void html_put_blank(struct html_writer *w, unsigned char c)
{
	if (w->pre == 0)
		w->blank = w->blank || w->breaks == 0;
	else if (c == '\n')
		html_put_line_end(w);
	else if (c != '\r')
		html_put(w, SPAN(" "));
}

/* Characters that take no room and say nothing. */
static bool is_zero_width(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x180e || c == 0x200b ||
		(c >= 0x2060 && c <= 0x2064) || c == 0xfeff;
}

static bool is_joiner(uint32_t c)
{
	return c == 0x200c || c == 0x200d;
}

static bool is_bidi_override(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Joiners mean something between letters of Asia and in emoji. */
static bool is_dropped(const struct html_writer *w, uint32_t code,
	unsigned char next)
{
	unsigned char before = w->out.n ? w->out.p[w->out.n - 1] : 0;

	return is_zero_width(code) ||
		(is_joiner(code) && (before < 0x80 || next < 0x80));
}

static void put_code(struct html_writer *w, uint32_t code, struct span after)
{
	unsigned char room[8], next = after.n ? after.p[0] : 0;
	struct buf b = { .p = room, .cap = sizeof(room) };

	if (code < 128 && classes[code] & BLANK) {
		html_put_blank(w, (unsigned char)code);
		return;
	}
	if (is_dropped(w, code, next)) {
		if (w->out.n && !w->blank && !w->breaks && next > ' ' &&
		    w->out.p[w->out.n - 1] > ' ' && next != '<')
			w->zero_width++;
		return;
	}
	w->bidi = w->bidi || is_bidi_override(code);
	utf8_put(&b, code == 0xa0 ? ' ' : code < ' ' ? 0xfffd : code);
	html_put(w, buf_bytes(&b));
}

/* Words with one blank between them stand as they are. */
static size_t run_length(struct span s)
{
	size_t n = 1;

	while (n < s.n) {
		if (!classes[s.p[n]])
			n++;
		else if (s.p[n] == ' ' && n + 1 < s.n &&
		    !classes[s.p[n + 1]])
			n += 2;
		else
			break;
	}
	return n;
}

void html_put_text(struct html_writer *w, struct span s, bool references)
{
	while (s.n && !w->full) {
		unsigned class = classes[s.p[0]];
		uint32_t code = s.p[0];
		size_t n = 0;

		if (class & REFERENCE && references)
			n = html_reference(s, false, &code);
		else if (class & RARE)
			n = utf8_next(s, &code);
		if (n || class & BLANK) {
			s = span_after(s, n ? n : 1);
			put_code(w, code, s);
			continue;
		}
		n = run_length(s);
		html_put(w, span_sub(s, 0, n));
		s = span_after(s, n);
	}
}
