#include "engine/explain_split.h"

static struct json *texts_json(const struct span *v, size_t n)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_append(list, json_new_text(v[i]));
	return list;
}

static struct json *recipients_json(const struct group *g,
	const struct envelope *env)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < g->nrcpts; i++)
		json_append(list, json_new_text(env->rcpts[g->rcpts[i]]));
	return list;
}

static struct json *elsewhere_json(const struct group *g,
	const struct envelope *env)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; i < g->nelsewhere; i++) {
		const struct destination *d = &g->elsewhere[i];

		o = json_new_object();
		json_put_text(o, "rcpt", env->rcpts[d->rcpt]);
		json_put(o, "to", texts_json(d->to, d->n));
		json_append(list, o);
	}
	return list;
}

static struct json *notices_json(const struct group *g)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < g->nnotices; i++)
		json_append(list, texts_json(g->notices[i].to,
			g->notices[i].nto));
	return list;
}

static struct json *group_json(const struct group *g,
	const struct envelope *env)
{
	struct json *o = json_new_object();

	json_put_string(o, "action", action_name(g->action));
	json_put_text(o, "reason", g->reason);
	json_put(o, "recipients", recipients_json(g, env));
	json_put(o, "redirect", texts_json(g->redirect, g->nredirect));
	json_put(o, "elsewhere", elsewhere_json(g, env));
	json_put(o, "sender", g->new_sender ? json_new_text(g->mail_from) :
		json_new_null());
	json_put_bool(o, "batv", g->batv);
	json_put(o, "copies", texts_json(g->copies, g->ncopies));
	json_put(o, "archives", texts_json(g->archives, g->narchives));
	json_put(o, "notices", notices_json(g));
	json_put_int(o, "edits", (int64_t)g->nedits);
	json_put(o, "body", json_new_bool(g->new_body));
	return o;
}

struct json *explain_split(const struct verdict *v,
	const struct envelope *env)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < v->ngroups; i++)
		json_append(list, group_json(&v->groups[i], env));
	return list;
}
