#include "mail/address_parse.h"

#include <string.h>

#include "base/buf.h"
#include "mail/word.h"

enum { LIST_FIRST = 4 };

/* One mailbox while it is read. */
struct mailbox {
	struct buf phrase;	/* words, quotes undone, comments left out */
	struct buf raw;		/* the same with quotes as written */
	struct buf comment;	/* what the last comment held */
	struct buf angle;	/* what stood in < > */
	size_t phrase_at, raw_at; /* where the text after the > begins */
	size_t looked;		/* so far an @ was looked for in phrase */
	bool has_angle, has_at;
};

struct reader {
	const unsigned char *p, *start, *end;
	struct mailbox box;
	struct arena *arena;
	struct address *list;
	size_t n, cap, max;
	unsigned habits, notes;
	bool in_group;
	/* No closing one is left: what looks further would be quadratic. */
	bool no_quote, no_literal;
};

/* Where text goes: without quotes (or NULL), and as written. */
struct sink {
	struct buf *plain, *raw;
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The @ that parts local part and domain: the last outside quotes. */
static size_t find_at(struct span s, bool first)
{
	size_t at = SIZE_MAX;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && quoted) {
			i++;
		} else if (s.p[i] == '"') {
			quoted = !quoted;
		} else if (s.p[i] == '@' && !quoted) {
			at = i;
			if (first)
				break;
		}
	}
	return at;
}

/* Adds a local part with its quotes undone. */
static void add_local(struct span s, struct buf *out)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (s.p[i] == '\\' && quoted && i + 1 < s.n)
			i++;
		buf_byte(out, s.p[i]);
	}
}

static struct address *new_address(struct reader *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : LIST_FIRST;
		struct address *v = arena_array(r->arena, cap, sizeof(*v));

		if (r->n)
			memcpy(v, r->list, r->n * sizeof(*v));
		r->list = v;
		r->cap = cap;
	}
	return &r->list[r->n++];
}

/* "'a@b'", as some clients quote an address for display. */
static struct span strip_apostrophes(struct span s)
{
	if (s.n > 2 && s.p[0] == '\'' && s.p[s.n - 1] == '\'')
		return span_sub(s, 1, s.n - 2);
	return s;
}

/* Only what could be resolved is an address in front of another one. */
static bool has_dot(struct span domain)
{
	size_t dot = span_chr(domain, '.');

	return dot != SIZE_MAX && dot > 0 && dot + 1 < domain.n;
}

/* An addr-spec as written, without blanks outside quotes, and its name. */
static void add_address(struct reader *r, struct span spec, struct span shown)
{
	struct span local, domain = SPAN("");
	struct buf full = { .arena = r->arena };
	struct address *ad;
	size_t at;

	spec = strip_apostrophes(spec);
	at = find_at(spec, r->habits & HABIT_FIRST);
	local = span_sub(spec, 0, at);
	if (at != SIZE_MAX) {
		domain = span_after(spec, at + 1);
		if (r->habits & HABIT_FIRST)
			domain = span_sub(domain, 0, span_chr(domain, '@'));
		if (local.n == 0 || domain.n == 0)
			r->notes |= NOTE_SIDE;
	}
	if (r->n == r->max) {
		r->notes |= NOTE_MORE;
		return;
	}
	ad = new_address(r);
	buf_room(&full, spec.n + 1);
	add_local(local, &full);
	local.n = full.n;
	if (at != SIZE_MAX) {
		buf_byte(&full, '@');
		buf_span(&full, domain);
	}
	ad->full = buf_bytes(&full);
	ad->local = span_sub(ad->full, 0, local.n);
	ad->domain = span_after(ad->full, local.n + (at != SIZE_MAX));
	ad->display = arena_span(r->arena, span_trim(shown));
	if (!(r->habits & HABIT_DECODED))
		ad->display = header_decode(ad->display, r->arena);
}

/* Leaves out blanks at an @, and at dots; *left_r: one is left elsewhere. */
static struct span drop_blanks(struct span s, bool dots, struct arena *a,
	bool *left_r)
{
	unsigned char *out = arena_alloc(a, s.n);
	bool quoted = false;
	size_t n = 0;

	*left_r = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];
		unsigned char last = n ? out[n - 1] : ' ';
		unsigned char next = i + 1 < s.n ? s.p[i + 1] : ' ';

		if (c == '"')
			quoted = !quoted;
		if (c == ' ' && !quoted) {
			if (last == '@' || next == '@' ||
			    (dots && (last == '.' || next == '.')))
				continue;
			*left_r = true;
		}
		out[n++] = c;
		if (c == '\\' && quoted && i + 1 < s.n)
			out[n++] = s.p[++i];
	}
	return span_from(out, n);
}

/*
 * "a . b @ c . d" is one address, "Mr. X a@b" is not: blanks at dots belong
 * to it only when nothing else is there (RFC 5322 section 4.4).
 */
static struct span tighten(struct span s, struct arena *a)
{
	bool left;
	struct span all = drop_blanks(s, true, a, &left);

	return left ? drop_blanks(s, false, a, &left) : all;
}

/* The next word up to a blank outside quotes. */
static bool next_word(struct span *rest, struct span *word_r)
{
	bool quoted = false;
	size_t n = 0;

	*rest = span_trim(*rest);
	for (; n < rest->n && (quoted || rest->p[n] != ' '); n++) {
		if (rest->p[n] == '\\' && quoted)
			n++;
		else if (rest->p[n] == '"')
			quoted = !quoted;
	}
	*word_r = span_sub(*rest, 0, n);
	*rest = span_after(*rest, n);
	return word_r->n > 0;
}

/* What an address before another one must be to count as one. */
static bool looks_real(struct span word)
{
	size_t at = find_at(word, true);
	struct span domain = span_after(word, at + 1);

	return at != 0 && has_dot(span_sub(domain, 0, span_chr(domain, '@')));
}

/*
 * Words that hold an @ are addresses, the others their names. `shown`, if any,
 * is the name of the first. Returns how many addresses there were.
 */
static unsigned add_words(struct reader *r, struct span raw, struct span shown,
	bool real)
{
	struct span rest = tighten(raw, r->arena), word, name = rest;
	unsigned count = 0;

	while (next_word(&rest, &word)) {
		struct span before;

		if (find_at(word, true) == SIZE_MAX ||
		    (real && !looks_real(word)))
			continue;
		before = span_sub(name, 0, (size_t)(word.p - name.p));
		name = rest;
		if (count == 0 && before.n == 0 && shown.n == 0 &&
		    find_at(rest, true) == SIZE_MAX)
			before = rest;
		add_address(r, word, count == 0 && shown.n ? shown : before);
		if (count++ == 1)
			r->notes |= NOTE_COMMA;
	}
	return count;
}

/* A mailbox without < >. */
static void add_bare(struct reader *r, struct span raw, struct span plain,
	struct span comment)
{
	if (find_at(raw, true) != SIZE_MAX)
		add_words(r, raw, comment, false);
	else if (find_at(plain, true) != SIZE_MAX &&
		 span_find(plain, SPAN("=?")) == SIZE_MAX)
		add_words(r, plain, comment, false);	/* "a@b" in quotes */
	else if (raw.n)
		add_address(r, raw, comment);
}

/* The one @ outside quotes, or SIZE_MAX. */
static size_t only_at(struct span s)
{
	size_t at = find_at(s, true);

	return at == find_at(s, false) ? at : SIZE_MAX;
}

/* In < > a local part may have blanks: "<A B@c>" names nobody else. */
static void add_angle(struct reader *r, struct span spec, struct span shown)
{
	struct span tight = tighten(spec, r->arena), domain;
	size_t at = only_at(tight);

	if (find_at(tight, true) == SIZE_MAX)
		r->notes |= NOTE_SIDE;
	if (at != SIZE_MAX) {
		domain = span_after(tight, at + 1);
		domain = span_sub(domain, 0, span_chr(domain, ' '));
		add_address(r, span_sub(tight, 0, at + 1 + domain.n), shown);
	} else if ((spec.n == 0 || !add_words(r, spec, shown, false)) &&
		   (spec.n || shown.n)) {
		add_address(r, spec, shown);
	}
}

static void clear(struct mailbox *b)
{
	b->phrase.n = b->raw.n = b->comment.n = b->angle.n = 0;
	b->phrase_at = b->raw_at = b->looked = 0;
	b->has_angle = b->has_at = false;
}

/* The mailbox that was read, if there is one, goes to the list. */
static void end_mailbox(struct reader *r)
{
	struct mailbox *b = &r->box;
	struct span phrase = buf_bytes(&b->phrase), raw = buf_bytes(&b->raw);
	struct span after = span_trim(span_after(raw, b->raw_at));
	struct span comment = span_trim(buf_bytes(&b->comment));
	struct span shown = span_trim(span_sub(phrase, 0, b->phrase_at));

	if (!b->has_angle) {
		add_bare(r, span_trim(raw), span_trim(phrase), comment);
		clear(b);
		return;
	}
	if (shown.n == 0 && find_at(after, true) == SIZE_MAX)
		shown = span_trim(span_after(phrase, b->phrase_at));
	add_angle(r, span_trim(buf_bytes(&b->angle)),
		shown.n ? shown : comment);
	if (find_at(after, true) != SIZE_MAX) {
		r->notes |= NOTE_COMMA;
		add_words(r, after, SPAN(""), false);
	}
	clear(b);
}

/* "<a@b> name <c@d>": a comma is missing, the text belongs to the second. */
static void end_before_angle(struct reader *r)
{
	struct mailbox *b = &r->box;
	struct span raw = span_after(buf_bytes(&b->raw), b->raw_at);
	struct span phrase = span_after(buf_bytes(&b->phrase), b->phrase_at);

	r->notes |= NOTE_COMMA;
	b->raw.n = b->raw_at;
	b->phrase.n = b->phrase_at;
	end_mailbox(r);
	if (raw.n)
		memmove(b->raw.p, raw.p, raw.n);
	if (phrase.n)
		memmove(b->phrase.p, phrase.p, phrase.n);
	b->raw.n = raw.n;
	b->phrase.n = phrase.n;
}

static void put(struct sink s, unsigned char c)
{
	if (s.plain)
		buf_byte(s.plain, c);
	buf_byte(s.raw, c);
}

/* A byte of text; blanks and folds become one blank. */
static void put_text(struct sink s, unsigned char c)
{
	if (!is_blank(c) && c != 0)
		put(s, c);
	else if (s.raw->n && s.raw->p[s.raw->n - 1] != ' ')
		put(s, ' ');
}

/* Where the comment that starts at p ends, behind its ')', or NULL. */
static const unsigned char *comment_end(const struct reader *r)
{
	size_t depth = 0;

	for (const unsigned char *p = r->p; p < r->end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/* A comment that starts here, nested ones in it; it parts words. */
static void read_comment(struct reader *r, struct sink s)
{
	struct buf *b = &r->box.comment;
	const unsigned char *end = comment_end(r);

	if (end == NULL || (r->p > r->start && !is_blank(r->p[-1])) ||
	    (end < r->end && !is_blank(*end) && *end != ',' && *end != ';'))
		r->notes |= NOTE_COMMENT;
	if (end == NULL)
		end = r->end;
	b->n = 0;
	for (const unsigned char *p = r->p + 1; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		else if (*p == ')' && p == end - 1)
			break;
		buf_byte(b, *p);
	}
	r->p = end;
	put_text(s, ' ');
}

/* The closing quote of the one at p, or NULL. */
static const unsigned char *quote_end(struct reader *r)
{
	if (r->no_quote)
		return NULL;
	for (const unsigned char *p = r->p + 1; p < r->end; p++) {
		if (*p == '"')
			return p;
		if (*p == '\\' && !(r->habits & HABIT_NO_ESCAPES))
			p++;
	}
	r->no_quote = true;
	return NULL;
}

/* A quoted string that starts here; one without end is a stray byte. */
static void read_quoted(struct reader *r, struct sink s)
{
	const unsigned char *end = quote_end(r);

	if (end == NULL) {
		r->p++;
		put_text(s, ' ');
		return;
	}
	buf_byte(s.raw, '"');
	while (++r->p < end) {
		unsigned char c = *r->p;

		if (c == '\\') {
			r->notes |= NOTE_ESCAPE;
			buf_byte(s.raw, c);
			if (!(r->habits & HABIT_NO_ESCAPES))
				c = *++r->p;
		}
		if (c != '\r' && c != '\n' && c != 0)
			put(s, c);
	}
	buf_byte(s.raw, '"');
	r->p++;
}

/* [...] behind an @ is a host; elsewhere '[' is a byte as any. */
static bool read_literal(struct reader *r, struct sink s)
{
	struct span before = span_trim(buf_bytes(s.raw));
	const unsigned char *end;

	if (r->no_literal || !span_ends(before, SPAN("@")))
		return false;
	end = memchr(r->p, ']', (size_t)(r->end - r->p));
	if (end == NULL) {
		r->no_literal = true;
		return false;
	}
	for (; r->p <= end; r->p++)
		if (!is_blank(*r->p) && *r->p != 0)
			put(s, *r->p);
	return true;
}

/* "\," outside quotes: only as if it were quoted, and not for all. */
static void read_escape(struct reader *r, struct sink s)
{
	unsigned char next = r->end - r->p > 1 ? r->p[1] : 0;

	r->notes |= NOTE_ESCAPE;
	if (!(r->habits & HABIT_ESCAPES) || is_blank(next) || next == 0) {
		put(s, *r->p++);
		return;
	}
	if (s.plain)
		buf_byte(s.plain, next);
	buf_add(s.raw, "\"\\", 2);
	buf_byte(s.raw, next);
	buf_byte(s.raw, '"');
	r->p += 2;
}

/* An encoded word is opaque: no byte of it means anything here. */
static bool read_encoded(struct reader *r, struct sink s)
{
	size_t n = word_size(span_from(r->p, (size_t)(r->end - r->p)));

	if (n == 0 || r->habits & HABIT_RAW_WORDS)
		return false;
	put_text(s, ' ');
	buf_byte(s.raw, '"');
	for (; n > 0; n--, r->p++) {
		if (*r->p == '"' || *r->p == '\\')
			buf_byte(s.raw, '\\');
		if (*r->p != '\r' && *r->p != '\n' && *r->p != 0)
			put(s, *r->p);
	}
	buf_byte(s.raw, '"');
	put_text(s, ' ');
	return true;
}

/* What is the same inside and outside of < >. */
static void read_text(struct reader *r, struct sink s)
{
	unsigned char c = *r->p;

	if (c == '"') {
		read_quoted(r, s);
	} else if (c == '\\') {
		read_escape(r, s);
	} else if (c == '(' && !(r->habits & HABIT_NO_COMMENTS)) {
		read_comment(r, s);
	} else if (!(c == '[' && read_literal(r, s)) &&
		   !(c == '=' && read_encoded(r, s))) {
		if (r->habits & HABIT_NO_COMMENTS && (c == '(' || c == ')'))
			c = ' ';
		put_text(s, c);
		r->p++;
	}
}

/* The hosts of a route (RFC 5322 section 4.4) that was read. */
static void end_route(struct reader *r, struct buf *b)
{
	struct span route = tighten(buf_bytes(b), r->arena), host;

	r->notes |= NOTE_ROUTE;
	while (r->habits & HABIT_ROUTES && span_cut(&route, ',', &host))
		if (span_starts(host = span_trim(host), SPAN("@")))
			add_address(r, host, SPAN(""));
	b->n = 0;
}

/* The next of what is in < >; false: it has ended here. */
static bool read_in_angle(struct reader *r)
{
	struct buf *b = &r->box.angle;
	unsigned char c = *r->p;
	bool route = b->n && b->p[0] == '@';

	if ((c == ',' && !route) || c == ';')
		return false;
	if (c == '>') {
		r->p++;
		return false;
	}
	if (c == '<') {
		if (find_at(buf_bytes(b), true) != SIZE_MAX)
			return false;
		b->n = 0;
		r->p++;
	} else if (c == ':' && route) {
		end_route(r, b);
		r->p++;
	} else {
		read_text(r, (struct sink){ NULL, b });
	}
	return true;
}

static void read_angle(struct reader *r)
{
	struct mailbox *b = &r->box;

	if (b->has_angle)
		end_before_angle(r);
	if (r->habits & HABIT_FIRST &&
	    add_words(r, span_trim(buf_bytes(&b->raw)), SPAN(""), true))
		clear(b);
	b->has_angle = true;
	b->angle.n = 0;
	r->p++;
	while (r->p < r->end && read_in_angle(r))
		;
	b->raw_at = b->raw.n;
	b->phrase_at = b->phrase.n;
}

/* Is there an @ in the text before an angle? Each byte is seen once. */
static bool has_at(struct mailbox *b)
{
	if (!b->has_at && span_chr(span_after(buf_bytes(&b->phrase),
				b->looked), '@') != SIZE_MAX)
		b->has_at = true;
	b->looked = b->phrase.n;
	return b->has_at;
}

/* ':' and ';' of a group; elsewhere ';' is read as a comma, as clients do. */
static void read_group_mark(struct reader *r)
{
	struct mailbox *b = &r->box;

	if (*r->p == ';') {
		r->notes |= r->in_group ? NOTE_GROUP : 0u;
		r->in_group = false;
		end_mailbox(r);
	} else if (!b->has_angle && !has_at(b)) {
		r->in_group = true;
		clear(b);
	} else if (r->habits & HABIT_FIRST) {
		end_mailbox(r);
	} else {
		r->notes |= NOTE_COLON;
		put_text((struct sink){ &b->phrase, &b->raw }, ':');
	}
	r->p++;
}

/* The length without blanks at the end. */
static size_t trimmed(struct span s)
{
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s.n;
}

/* A comma; false: a name goes on behind it. */
static bool read_comma(struct reader *r)
{
	struct mailbox *b = &r->box;
	struct sink s = { &b->phrase, &b->raw };

	if (!(r->habits & HABIT_JOIN) || r->in_group || b->has_angle ||
	    has_at(b))
		return true;
	r->notes |= NOTE_JOINED;
	b->raw.n = trimmed(buf_bytes(&b->raw));
	b->phrase.n = trimmed(buf_bytes(&b->phrase));
	if (b->raw.n)
		put(s, ',');
	put_text(s, ' ');
	return false;
}

static void read_next(struct reader *r)
{
	struct mailbox *b = &r->box;

	switch (*r->p) {
	case '<':
		read_angle(r);
		break;
	case '>':
		put_text((struct sink){ &b->phrase, &b->raw }, ' ');
		r->p++;
		break;
	case ',':
		if (read_comma(r))
			end_mailbox(r);
		r->p++;
		break;
	case ':':
	case ';':
		read_group_mark(r);
		break;
	default:
		read_text(r, (struct sink){ &b->phrase, &b->raw });
	}
}

size_t address_parse(struct span value, unsigned habits, size_t max,
	struct arena *a, struct address **list_r, unsigned *notes_r)
{
	struct reader r = {
		.p = value.p,
		.start = value.p,
		.end = value.p ? value.p + value.n : value.p,
		.arena = a,
		.max = max,
		.habits = habits,
		.box = {
			.phrase.arena = a,
			.raw.arena = a,
			.comment.arena = a,
			.angle.arena = a,
		},
	};

	while (r.p < r.end && !(r.notes & NOTE_MORE))
		read_next(&r);
	end_mailbox(&r);
	*list_r = r.list;
	*notes_r = r.notes;
	return r.n;
}
