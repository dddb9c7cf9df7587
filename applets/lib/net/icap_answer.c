#include "net/icap.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Bytes of an answer, piece by piece. */
struct reader {
	const struct icap_source *source;
	unsigned char bytes[16384];
	size_t at, n;
	struct err *e;
};

/* One line of a head, its end not in it; it holds until the next call. */
struct line {
	unsigned char bytes[ICAP_LINE_MAX];
	size_t n;
};

/* What the head of an ICAP answer says. */
struct head {
	unsigned code;
	bool named;		/* something was found */
	bool container;		/* … that it could not look into */
	bool respmod;		/* it has that method */
	unsigned violation;	/* lines of X-Violations-Found still to come */
	char name[sizeof(((struct virus_answer *)0)->text)];
	char service[64], tag[48];
	bool has_body, has_response; /* Encapsulated */
};

/* At least one byte more; false: the end, or none in time. */
static bool more(struct reader *r)
{
	ssize_t got;

	if (r->at < r->n)
		return true;
	got = r->source->read(r->source->context, r->bytes,
		sizeof(r->bytes), r->e);
	if (got == 0)
		err_set(r->e, ERR_TEMPORARY, "the answer ends too soon");
	r->at = 0;
	r->n = got > 0 ? (size_t)got : 0;
	return got > 0;
}

static bool get_line(struct reader *r, struct line *l)
{
	l->n = 0;
	while (more(r)) {
		unsigned char c = r->bytes[r->at++];

		if (c == '\n') {
			if (l->n && l->bytes[l->n - 1] == '\r')
				l->n--;
			return true;
		}
		if (l->n == sizeof(l->bytes)) {
			err_set(r->e, ERR_TEMPORARY, "garbled answer: a line "
				"too long");
			return false;
		}
		l->bytes[l->n++] = c;
	}
	return false;
}

static struct span text_of(const struct line *l)
{
	return span_from(l->bytes, l->n);
}

/* "ICAP/1.0 204 No Content", "HTTP/1.1 403 Forbidden"; 0: it is none. */
static unsigned status_of(struct span line, const char *protocol)
{
	struct span version;
	uint64_t code;

	if (!span_starts(line, span_of(protocol)) ||
	    !span_cut(&line, ' ', &version) ||
	    !span_u64(span_sub(line, 0, 3), 599, &code) || code < 100 ||
	    (line.n > 3 && line.p[3] != ' '))
		return 0;
	return (unsigned)code;
}

static void copy(char *out, size_t size, struct span s)
{
	size_t n = s.n < size ? s.n : size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = s.p[i] < ' ' || s.p[i] > '~' ? '?' : (char)s.p[i];
	out[n] = 0;
}

static void name_it(struct head *h, struct span name)
{
	h->named = true;
	if (h->name[0] == 0)
		copy(h->name, sizeof(h->name), span_trim(name));
}

/* "Type=0; Resolution=2; Threat=EICAR Test String;" */
static void read_infection(struct head *h, struct span value)
{
	struct span part;

	h->named = true;
	while (span_cut(&value, ';', &part)) {
		part = span_trim(part);
		if (span_casestarts(part, SPAN("Threat=")))
			name_it(h, span_after(part, 7));
		else if (span_caseeq(part, SPAN("Type=2")))
			h->container = true;
	}
}

static void read_virus_id(struct head *h, struct span value)
{
	if (value.n && !span_caseeq(value, SPAN("none")) &&
	    !span_caseeq(value, SPAN("no threats")))
		name_it(h, value);
}

/* The number, then four lines each: file, threat, two numbers. */
static void read_violations(struct head *h, struct span value)
{
	uint64_t n;

	if (span_u64(value, UINT32_MAX, &n) && n == 0)
		return;
	h->named = true;
	h->violation = 2;
}

/* "req-hdr=0, res-hdr=137, res-body=296" */
static void read_encapsulated(struct head *h, struct span value)
{
	struct span part;

	while (span_cut(&value, ',', &part)) {
		part = span_trim(part);
		h->has_response |= span_casestarts(part, SPAN("res-hdr="));
		h->has_body |= span_casestarts(part, SPAN("res-body="));
	}
}

static void read_field(struct head *h, struct span name, struct span value)
{
	if (span_caseeq(name, SPAN("X-Infection-Found")))
		read_infection(h, value);
	else if (span_caseeq(name, SPAN("X-Virus-ID")))
		read_virus_id(h, value);
	else if (span_caseeq(name, SPAN("X-FSecure-Infection-Name")))
		name_it(h, value);
	else if (span_caseeq(name, SPAN("X-Violations-Found")))
		read_violations(h, value);
	else if (span_caseeq(name, SPAN("Encapsulated")))
		read_encapsulated(h, value);
	else if (span_caseeq(name, SPAN("Methods")))
		h->respmod = span_casefind(value, SPAN("RESPMOD")) != SIZE_MAX;
	else if (span_caseeq(name, SPAN("Service")))
		copy(h->service, sizeof(h->service), value);
	else if (span_caseeq(name, SPAN("ISTag")))
		copy(h->tag, sizeof(h->tag), value);
}

/* A line that goes on with the field before it. */
static void read_continuation(struct head *h, struct span line)
{
	if (h->violation && --h->violation == 0)
		name_it(h, line);
}

static bool garbled(struct reader *r)
{
	err_set(r->e, ERR_TEMPORARY, "garbled answer");
	return false;
}

static bool read_head(struct reader *r, struct head *h)
{
	struct line l;

	*h = (struct head){ 0 };
	if (!get_line(r, &l))
		return false;
	h->code = status_of(text_of(&l), "ICAP/1.");
	if (h->code == 0)
		return garbled(r);
	for (size_t i = 0; i < ICAP_LINES_MAX && get_line(r, &l); i++) {
		struct span line = text_of(&l);
		size_t colon = span_chr(line, ':');

		if (line.n == 0)
			return true;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			read_continuation(h, line);
		else if (colon == SIZE_MAX)
			return garbled(r);
		else
			read_field(h, span_sub(line, 0, colon),
				span_trim(span_after(line, colon + 1)));
	}
	if (r->e->text[0] == 0)
		garbled(r);
	return false;
}

/* The head of the page in it; its status, 0: garbled. */
static unsigned read_page_head(struct reader *r)
{
	unsigned code = 0;
	struct line l;

	if (!get_line(r, &l))
		return 0;
	code = status_of(text_of(&l), "HTTP/1.");
	for (size_t i = 0; i < ICAP_LINES_MAX && code; i++) {
		if (!get_line(r, &l))
			return 0;
		if (l.n == 0)
			return code;
	}
	garbled(r);
	return 0;
}

/* "1f4; extension": false: no number, or more than a message may have. */
static bool chunk_size(struct span line, size_t *n_r)
{
	struct span hex = span_trim(span_sub(line, 0, span_chr(line, ';')));

	*n_r = 0;
	if (hex.n == 0 || hex.n > 8)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		unsigned char c = span_lower(hex.p[i]);

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		*n_r = *n_r * 16 + (size_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

/* One chunk of n bytes, compared; false: garbled, or its end is missing. */
static bool read_chunk(struct reader *r, size_t n, struct span *expected,
	bool *same)
{
	struct line end;

	while (n) {
		size_t have;

		if (!more(r))
			return false;
		have = r->n - r->at < n ? r->n - r->at : n;
		*same &= span_starts(*expected,
			span_from(r->bytes + r->at, have));
		*expected = span_after(*expected, have);
		r->at += have;
		n -= have;
	}
	return get_line(r, &end) && (end.n == 0 || garbled(r));
}

/* The whole body: is it the message as we sent it? */
static bool read_body(struct reader *r, struct span message, bool *same_r)
{
	struct line l;
	size_t n;

	*same_r = true;
	while (get_line(r, &l)) {
		if (!chunk_size(text_of(&l), &n))
			return garbled(r);
		if (n == 0) {
			*same_r &= message.n == 0;
			return true;
		}
		if (!read_chunk(r, n, &message, same_r))
			return false;
		/* What follows can make it no more equal. */
		if (!*same_r)
			return true;
	}
	return false;
}

static void say(struct virus_answer *a, enum virus_says says, const char *text)
{
	virus_answer_set(a, says, text);
}

static void say_trouble(struct virus_answer *a, const struct err *e)
{
	a->says = VIRUS_SAYS_LATER;
	snprintf(a->text, sizeof(a->text), "icap: %.100s", e->text);
}

/* 200: a page was sent back, ours or one in its place. */
static void judge_page(struct reader *r, const struct head *h,
	struct span message, struct virus_answer *a)
{
	bool same = message.n == 0;
	unsigned code = h->has_response ? read_page_head(r) : 0;

	if (!h->has_response)
		garbled(r);
	if (code == 0 || (h->has_body && !read_body(r, message, &same))) {
		say_trouble(a, r->e);
	} else if (code >= 300) {
		a->says = VIRUS_SAYS_FOUND;
		snprintf(a->text, sizeof(a->text), "%u from the scanner",
			code);
	} else if (same) {
		say(a, VIRUS_SAYS_CLEAN, "");
	} else {
		say(a, VIRUS_SAYS_UNABLE, "icap: the scanner changed the "
			"message and names no reason");
	}
}

static void judge(struct reader *r, const struct head *h,
	struct span message, struct virus_answer *a)
{
	/* 403 alone says that we may not ask. */
	if (h->named && (h->code / 100 == 2 || h->code == 403)) {
		say(a, h->container ? VIRUS_SAYS_UNABLE : VIRUS_SAYS_FOUND,
			*h->name ? h->name : "a threat without a name");
	} else if (h->code == 204) {
		say(a, VIRUS_SAYS_CLEAN, "");
	} else if (h->code == 200) {
		judge_page(r, h, message, a);
	} else {
		a->says = VIRUS_SAYS_LATER;
		snprintf(a->text, sizeof(a->text), "icap: answer %u%s",
			h->code, h->code == 404 ? " (no such service)" : "");
	}
}

void icap_read_answer(const struct icap_source *s, struct span message,
	struct virus_answer *answer_r)
{
	struct err e = { 0 };
	struct reader r = { .source = s, .e = &e };
	struct head h;

	*answer_r = (struct virus_answer){ .says = VIRUS_SAYS_LATER };
	if (read_head(&r, &h))
		judge(&r, &h, message, answer_r);
	else
		say_trouble(answer_r, &e);
}

int icap_read_options(const struct icap_source *s,
	char version_r[VIRUS_VERSION_SIZE], struct err *e)
{
	struct reader r = { .source = s, .e = e };
	struct head h;

	e->text[0] = 0;
	if (!read_head(&r, &h))
		return -1;
	if (h.code != 200)
		return err_set(e, ERR_TEMPORARY, "answer %u to OPTIONS%s",
			h.code, h.code == 404 ? " (no such service)" : "");
	if (!h.respmod)
		return err_set(e, ERR_TEMPORARY, "the service takes no "
			"RESPMOD");
	snprintf(version_r, VIRUS_VERSION_SIZE, "%s%s%s",
		*h.service ? h.service : "ICAP scanner", *h.tag ? " " : "",
		h.tag);
	return 0;
}
