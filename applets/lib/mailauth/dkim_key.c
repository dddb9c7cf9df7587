#include "mailauth/dkim_key.h"

#include "mailauth/dkim.h"
#include "mailauth/dkim_tags.h"

/* v= is optional, but then first and exact. */
static bool version_right(const struct dkim_tags *t)
{
	const struct dkim_tag *v = dkim_tags_find(t, "v");

	return !v || (v == t->tag && span_is(v->value, "DKIM1"));
}

static const char *read_type(const struct dkim_tags *t, struct dkim_key *k)
{
	const struct dkim_tag *type = dkim_tags_find(t, "k");
	const struct dkim_tag *hashes = dkim_tags_find(t, "h");
	const struct dkim_tag *services = dkim_tags_find(t, "s");

	k->ed25519 = type && span_is(type->value, "ed25519");
	if (type && !k->ed25519 && !span_is(type->value, "rsa"))
		return "the key is of a type that is not known";
	if (hashes && !dkim_list_has(hashes->value, "sha256"))
		return "the key is not for sha256";
	if (services && !dkim_list_has(services->value, "*") &&
	    !dkim_list_has(services->value, "email"))
		return "the key is not for e-mail";
	return NULL;
}

const char *dkim_key_read(struct span record, struct arena *a,
	struct dkim_key *k)
{
	const struct dkim_tag *p;
	const char *problem;
	struct dkim_tags t;

	*k = (struct dkim_key){ 0 };
	if (record.n > DKIM_KEY_BYTES_MAX)
		return "the key record is too long";
	if (dkim_tags_parse(record, &t) || !version_right(&t))
		return "the key record is not well-formed";
	p = dkim_tags_find(&t, "p");
	if (!p)
		return "the key record is without p=";
	k->revoked = !p->value.n;
	k->testing = dkim_list_has(dkim_tags_value(&t, "t"), "y");
	k->strict = dkim_list_has(dkim_tags_value(&t, "t"), "s");
	if (k->revoked)
		return "the key is revoked";
	problem = read_type(&t, k);
	if (problem)
		return problem;
	if (!dkim_base64(p->value, a, &k->bytes))
		return "the key's p= is not base64";
	return NULL;
}
