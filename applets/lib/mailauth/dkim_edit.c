#include "mailauth/dkim_edit.h"

#include <string.h>

#include "mailauth/dkim_run.h"

bool dkim_names_have(struct span names, struct span name)
{
	struct span word;

	while (dkim_list_next(&names, &word))
		if (span_caseeq(word, name))
			return true;
	return false;
}

/* The same field, wherever it stands now. */
static const struct header_field *find_same(const struct header *h,
	const struct header_field *was)
{
	for (size_t i = 0; i < h->n; i++)
		if (span_eq(h->fields[i].name, was->name) &&
		    span_eq(h->fields[i].value, was->value))
			return &h->fields[i];
	return NULL;
}

static bool header_is_same(const struct dkim_bytes *before,
	const struct dkim_field *was, const struct dkim_bytes *after,
	const struct dkim_field *is, struct arena *a)
{
	struct dkim_run *r = dkim_run_new(before->message, before->h, a);
	unsigned char old[HASH_SHA256_SIZE], now[HASH_SHA256_SIZE];
	struct dkim_signature s = { .flags = 0 };

	dkim_run_hash_header(r, was, &s, old);
	s.flags = 0;
	r = dkim_run_new(after->message, after->h, a);
	dkim_run_hash_header(r, is, &s, now);
	return memcmp(old, now, sizeof(old)) == 0 &&
	       !(s.flags & DKIM_SECOND_FROM);
}

bool dkim_outlives(const struct dkim_bytes *before,
	const struct dkim_bytes *after, bool same_body, size_t nth,
	uint64_t now, struct arena *a, struct span *names_r)
{
	const struct header_field *f = header_find(before->h,
		SPAN("DKIM-Signature"), (unsigned)nth + 1);
	struct dkim_field was, is;
	struct dkim_signature s = { .result = AUTH_WAIT };

	*names_r = SPAN("");
	if (f == NULL)
		return true;
	dkim_field_read(f, DKIM_SIGNATURE, now, a, &was, &s);
	*names_r = was.names;
	f = find_same(after->h, f);
	if (f == NULL)
		return false;
	dkim_field_read(f, DKIM_SIGNATURE, now, a, &is, &s);
	return header_is_same(before, &was, after, &is, a) &&
	       (same_body || dkim_run_body_fits(dkim_run_new(after->message,
			after->h, a), &is, &s));
}
