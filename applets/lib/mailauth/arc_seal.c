#include "mailauth/arc_seal.h"

#include <stdio.h>

#include "mailauth/dkim_run.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/dkim_tags.h"
#include "mailauth/fold.h"

#define RESULTS "ARC-Authentication-Results"
#define MESSAGE "ARC-Message-Signature"
#define SEAL "ARC-Seal"

static unsigned instance(const struct arc_sealing *s)
{
	return s->chain->highest + 1;
}

static void put_number(struct fold *f, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	fold_tag(f, name, span_of(text));
}

/* " a=...;" and "b=", empty as yet, on a line of its own. */
static void begin(struct arc_seal *seal, struct fold *f)
{
	fold_tag(f, "a", seal->sealing->ed25519 ? SPAN("ed25519-sha256") :
		SPAN("rsa-sha256"));
	buf_string(f->b, "\r\n\tb=");
	seal->b = f->b->n;
	buf_string(f->b, ";");
	f->column = FOLD_COLUMNS;
}

/* What both signatures end with; the last tag has no ";". */
static struct span finish(const struct arc_sealing *s, struct fold *f)
{
	put_number(f, "i", instance(s));
	fold_tag(f, "s", s->selector);
	put_number(f, "t", s->now);
	f->b->n--;
	return buf_bytes(f->b);
}

static void write_message(struct arc_seal *seal, struct span names,
	const unsigned char body_hash[HASH_SHA256_SIZE])
{
	const struct arc_sealing *s = seal->sealing;
	struct buf b = { .arena = seal->a }, bh = { .arena = seal->a };
	struct fold f = { &b, sizeof(MESSAGE ":") - 1 };

	begin(seal, &f);
	buf_base64(&bh, span_from(body_hash, HASH_SHA256_SIZE));
	fold_tag(&f, "bh", buf_bytes(&bh));
	fold_tag(&f, "c", SPAN("relaxed/relaxed"));
	fold_tag(&f, "d", s->domain);
	fold_names(&f, names);
	seal->message = finish(s, &f);
}

static void write_seal(struct arc_seal *seal)
{
	const struct arc_sealing *s = seal->sealing;
	struct buf b = { .arena = seal->a };
	struct fold f = { &b, sizeof(SEAL ":") - 1 };

	begin(seal, &f);
	fold_tag(&f, "cv", span_of(auth_result_name(s->chain->result)));
	fold_tag(&f, "d", s->domain);
	seal->seal = finish(s, &f);
}

/* With the signature where it belongs. */
static struct span signed_value(const struct arc_seal *seal,
	struct span value, struct span signature)
{
	struct buf b = { .arena = seal->a };

	buf_span(&b, span_sub(value, 0, seal->b));
	buf_base64(&b, signature);
	buf_span(&b, span_after(value, seal->b));
	return buf_bytes(&b);
}

static void hash_field(struct canon_hash *c, struct span name,
	struct span value)
{
	struct header_field f = { .name = name, .value = value };

	canon_header_add(c, true, (struct span){ 0 }, &f);
}

/* The field that is signed, b= empty as it stands. */
static void hash_end_own(struct canon_hash *c, const struct arc_seal *seal,
	struct span name, struct span value,
	unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct header_field f = { .name = name, .value = value };

	canon_header_own(c, true, (struct span){ 0 }, &f,
		span_sub(value, seal->b, 0));
	canon_header_end(c, hash_r);
}

static bool is_sealed_further(const struct arc_answer *chain)
{
	return !chain->closed && chain->highest < ARC_SETS_MAX &&
		(chain->result == AUTH_NONE || chain->result == AUTH_PASS ||
		chain->result == AUTH_FAIL);
}

bool arc_seal_prepare(const struct arc_sealing *s, const struct header *h,
	const unsigned char body_hash[HASH_SHA256_SIZE], struct arena *a,
	struct arc_seal *seal, unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct span names = s->names.n ? s->names : dkim_sign_names(h, a);
	struct canon_hash *c = arena_alloc(a, sizeof(*c));

	if (!is_sealed_further(s->chain) || !names.n)
		return false;
	*seal = (struct arc_seal){ .sealing = s, .a = a };
	seal->results = span_of(arena_printf(a, " i=%u; %.*s", instance(s),
		SPAN_FMT(s->results)));
	write_message(seal, names, body_hash);
	canon_header_begin(c);
	dkim_run_hash_named(dkim_run_new((struct span){ 0 }, h, a), names,
		true, c);
	hash_end_own(c, seal, SPAN(MESSAGE), seal->message, hash_r);
	return true;
}

void arc_seal_next(struct arc_seal *seal, struct span signature,
	unsigned char hash_r[HASH_SHA256_SIZE])
{
	const struct arc_answer *chain = seal->sealing->chain;
	struct canon_hash *c = arena_alloc(seal->a, sizeof(*c));
	const struct span none = { 0 };

	seal->message = signed_value(seal, seal->message, signature);
	write_seal(seal);
	canon_header_begin(c);
	/* A chain that did not pass has no sets to stand for. */
	for (size_t i = 0; i < chain->n; i++) {
		const struct arc_set *set = &chain->sets[i];

		canon_header_add(c, true, none, set->results_field);
		canon_header_add(c, true, none, set->message_field);
		canon_header_add(c, true, none, set->seal_field);
	}
	hash_field(c, SPAN(RESULTS), seal->results);
	hash_field(c, SPAN(MESSAGE), seal->message);
	hash_end_own(c, seal, SPAN(SEAL), seal->seal, hash_r);
}

void arc_seal_join(struct arc_seal *seal, struct span signature)
{
	seal->seal = signed_value(seal, seal->seal, signature);
}

/* --- as texts ------------------------------------------------------------ */

/* RFC 6376 section 3.4.2, of a value or a piece of one. */
static void put_relaxed(struct buf *b, struct span s)
{
	bool any = false, blank = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '\n' || (c == '\r' && i + 1 < s.n &&
			    s.p[i + 1] == '\n'))
			continue;
		if (c == ' ' || c == '\t') {
			blank = true;
			continue;
		}
		if (blank && any)
			buf_byte(b, ' ');
		buf_byte(b, c);
		any = true;
		blank = false;
	}
}

static void put_name(struct buf *b, struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		buf_byte(b, span_lower(name.p[i]));
	buf_byte(b, ':');
}

static void put_field(struct buf *b, struct span name, struct span value)
{
	put_name(b, name);
	put_relaxed(b, value);
	buf_string(b, "\r\n");
}

/* The lowest field of each name that is not taken (section 5.4.2). */
static void put_named(struct buf *b, const struct header *h,
	struct span names, struct arena *a)
{
	bool *taken = arena_array(a, h->n, sizeof(*taken));
	struct span name;

	while (dkim_list_next(&names, &name))
		for (size_t i = h->n; i-- > 0;) {
			const struct header_field *f = &h->fields[i];

			if (taken[i] || !span_caseeq(f->name, name))
				continue;
			taken[i] = true;
			put_field(b, f->name, f->value);
			break;
		}
}

static void split(const struct arc_seal *seal, struct span value,
	struct span parts[2])
{
	parts[0] = span_sub(value, 0, seal->b);
	parts[1] = span_after(value, seal->b);
}

/* The sets before this one, and this one up to the first signature. */
static struct span text_before(const struct arc_seal *seal,
	struct span message)
{
	const struct arc_answer *chain = seal->sealing->chain;
	struct buf b = { .arena = seal->a };

	for (size_t i = 0; i < chain->n; i++) {
		const struct header_field *const set[] = {
			chain->sets[i].results_field,
			chain->sets[i].message_field,
			chain->sets[i].seal_field };

		for (size_t k = 0; k < 3; k++)
			put_field(&b, set[k]->name, set[k]->value);
	}
	put_field(&b, SPAN(RESULTS), seal->results);
	put_name(&b, SPAN(MESSAGE));
	put_relaxed(&b, message);
	return buf_bytes(&b);
}

void arc_seal_parts(struct arc_seal *seal, const struct header *h,
	struct arc_parts *p)
{
	const struct arc_sealing *s = seal->sealing;
	struct buf text = { .arena = seal->a }, after = { .arena = seal->a };

	put_named(&text, h, s->names.n ? s->names :
		dkim_sign_names(h, seal->a), seal->a);
	put_name(&text, SPAN(MESSAGE));
	put_relaxed(&text, seal->message);
	p->text = buf_bytes(&text);
	p->results = seal->results;
	split(seal, seal->message, p->message);
	p->over[0] = text_before(seal, p->message[0]);
	write_seal(seal);
	split(seal, seal->seal, p->seal);
	put_relaxed(&after, p->message[1]);
	buf_string(&after, "\r\n");
	put_name(&after, SPAN(SEAL));
	put_relaxed(&after, seal->seal);
	p->over[1] = buf_bytes(&after);
}

bool arc_text_is_of(struct span text, struct span field)
{
	size_t end = span_rchr(text, '\n');
	struct span last;

	/* Behind a whole line end, or it may be the rest of another field. */
	if (end == SIZE_MAX || end == 0 || text.p[end - 1] != '\r')
		return false;
	last = span_after(text, end + 1);
	return span_starts(last, field) && last.n > field.n &&
		last.p[field.n] == ':';
}
