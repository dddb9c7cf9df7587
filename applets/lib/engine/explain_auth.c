#include "engine/explain_auth.h"

struct json *explain_dkim_flags(unsigned flags)
{
	static const struct {
		enum dkim_flag flag;
		const char *word;
	} words[] = {
		{ DKIM_PARTIAL, "partial" },
		{ DKIM_WEAK_KEY, "weak-key" },
		{ DKIM_SHORT_KEY, "short-key" },
		{ DKIM_SHA1, "sha1" },
		{ DKIM_EXPIRED, "expired" },
		{ DKIM_FUTURE, "future" },
		{ DKIM_TESTING, "testing" },
		{ DKIM_REVOKED, "revoked" },
		{ DKIM_SECOND_FROM, "second-from" },
		{ DKIM_OVERSIGNED, "oversigned" },
	};
	struct json *list = json_new_array();

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (flags & words[i].flag)
			json_append(list,
				json_new_text(span_of(words[i].word)));
	return list;
}

static struct json *signatures_json(const struct auth_record *r)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; i < r->nsignatures; i++) {
		const struct signature_record *s = &r->signatures[i];

		o = json_new_object();
		json_put_string(o, "result", auth_result_name(s->result));
		json_put_text(o, "domain", s->domain);
		json_put_text(o, "selector", s->selector);
		json_put(o, "flags", explain_dkim_flags(s->flags));
		json_append(list, o);
	}
	return list;
}

static void put_result(struct json *o, const struct auth_record *r,
	enum auth_method method, const char *name, enum auth_result result)
{
	json_put_string(o, name, r->checked & method ?
		auth_result_name(result) : "unchecked");
}

struct json *explain_auth(const struct auth_record *r)
{
	struct json *o = json_new_object();

	put_result(o, r, AUTH_SPF, "spf", r->spf);
	put_result(o, r, AUTH_DKIM, "dkim", r->dkim);
	put_result(o, r, AUTH_DMARC, "dmarc", r->dmarc);
	put_result(o, r, AUTH_ARC, "arc", r->arc);
	json_put_text(o, "relay", r->relay);
	json_put_text(o, "spf_domain", r->spf_domain);
	json_put_text(o, "spf_problem", r->spf_problem);
	json_put(o, "signatures", signatures_json(r));
	json_put_text(o, "dmarc_domain", r->dmarc_domain);
	json_put_string(o, "dmarc_policy",
		dmarc_policy_name(r->dmarc_policy));
	json_put_text(o, "dmarc_problem", r->dmarc_problem);
	json_put_bool(o, "spf_aligned", r->spf_aligned);
	json_put_bool(o, "dkim_aligned", r->dkim_aligned);
	json_put_bool(o, "psl_differs", r->psl_differs);
	json_put_int(o, "arc_sets", r->arc_sets);
	return o;
}
