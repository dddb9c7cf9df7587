#include "mailauth/dkim_sign.h"

#include <stdio.h>

#include "mailauth/dkim.h"
#include "mailauth/dkim_canon.h"
#include "mailauth/fold.h"

#define FIELD "DKIM-Signature"

/*
 * Section 5.4.1, RFC 8058 section 4 and what MIME needs; once more than there
 * are, where one that is added would deceive a reader.
 */
static const struct {
	const char *name;
	bool oversigned;
} signed_fields[] = {
	{ "From", true }, { "Reply-To", true }, { "Subject", true },
	{ "Date", true }, { "To", true }, { "Cc", true },
	{ "Sender", false }, { "Message-ID", false },
	{ "In-Reply-To", false }, { "References", false },
	{ "MIME-Version", true }, { "Content-Type", true },
	{ "Content-Transfer-Encoding", true },
	{ "Content-Disposition", false }, { "Content-ID", false },
	{ "Content-Description", false },
	{ "Resent-From", false }, { "Resent-Sender", false },
	{ "Resent-Date", false }, { "Resent-To", false },
	{ "Resent-Cc", false }, { "Resent-Message-ID", false },
	{ "List-Id", false }, { "List-Help", false },
	{ "List-Unsubscribe", false }, { "List-Unsubscribe-Post", false },
	{ "List-Subscribe", false }, { "List-Post", false },
	{ "List-Owner", false }, { "List-Archive", false },
};

enum { SIGNED_N = sizeof(signed_fields) / sizeof(signed_fields[0]) };

void dkim_sign_body(struct span body, struct arena *a,
	unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct canon_body *c = arena_alloc(a, sizeof(*c));

	canon_body_begin(c, true, UINT64_MAX);
	canon_body_add(c, body);
	canon_body_end(c, hash_r);
}

/* A header with more names than verifiers look at is nobody's mail. */
static bool is_fit(const struct header *h)
{
	size_t names = 0;

	if (h->flags & MAIL_OVER_HEADERS ||
	    header_count(h, SPAN("From")) != 1)
		return false;
	for (size_t i = 0; i < SIGNED_N; i++)
		names += header_count(h, span_of(signed_fields[i].name)) +
			signed_fields[i].oversigned;
	return names <= DKIM_NAMES_MAX;
}

/* The name once for each field, once more where it is oversigned. */
struct span dkim_sign_names(const struct header *h, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; is_fit(h) && i < SIGNED_N; i++) {
		const char *name = signed_fields[i].name;
		unsigned n = header_count(h, span_of(name)) +
			signed_fields[i].oversigned;

		while (n--)
			buf_printf(&b, "%s%s", b.n ? ":" : "", name);
	}
	return buf_bytes(&b);
}

static struct span write_field(const struct dkim_signing *s,
	struct span names,
	const unsigned char body_hash[HASH_SHA256_SIZE], struct arena *a)
{
	struct buf b = { .arena = a };
	struct fold f = { &b, sizeof(FIELD ":") - 1 };
	char now[24];

	snprintf(now, sizeof(now), "%llu", (unsigned long long)s->now);
	fold_tag(&f, "v", SPAN("1"));
	fold_tag(&f, "a", s->ed25519 ? SPAN("ed25519-sha256") :
		SPAN("rsa-sha256"));
	fold_tag(&f, "c", SPAN("relaxed/relaxed"));
	fold_tag(&f, "d", s->domain);
	fold_tag(&f, "s", s->selector);
	fold_tag(&f, "t", span_of(now));
	fold_names(&f, names);
	fold_piece(&f, SPAN(" bh="));
	fold_base64(&f, span_from(body_hash, HASH_SHA256_SIZE));
	fold_piece(&f, SPAN(";"));
	fold_piece(&f, SPAN(" b="));
	return buf_bytes(&b);
}

/* In the order of h=, of each name the lowest first (section 5.4.2). */
static void hash_fields(const struct header *h, struct span value,
	struct arena *a, unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct canon_hash *c = arena_alloc(a, sizeof(*c));
	struct header_field own = { .name = SPAN(FIELD), .value = value };
	struct span nothing = span_after(value, value.n);

	canon_header_begin(c);
	for (size_t i = 0; i < SIGNED_N; i++) {
		struct span name = span_of(signed_fields[i].name);

		for (size_t k = h->n; k-- > 0;)
			if (span_caseeq(h->fields[k].name, name))
				canon_header_add(c, true, (struct span){ 0 },
					&h->fields[k]);
	}
	canon_header_own(c, true, (struct span){ 0 }, &own, nothing);
	canon_header_end(c, hash_r);
}

bool dkim_sign_prepare(const struct dkim_signing *s, const struct header *h,
	const unsigned char body_hash[HASH_SHA256_SIZE], struct arena *a,
	struct span *field_r, unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct span names = dkim_sign_names(h, a);

	if (!names.n)
		return false;
	*field_r = write_field(s, names, body_hash, a);
	hash_fields(h, *field_r, a, hash_r);
	return true;
}

struct span dkim_sign_join(struct span field, struct span signature,
	struct arena *a)
{
	struct buf b = { .arena = a };
	size_t line = span_rchr(field, '\n');
	struct fold f = { &b, line == SIZE_MAX ?
		sizeof(FIELD ":") - 1 + field.n : field.n - line - 1 };

	buf_span(&b, field);
	fold_base64(&f, signature);
	return buf_bytes(&b);
}
