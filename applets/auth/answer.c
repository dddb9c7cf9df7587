/*
 * The answer of `pm auth`, in the worker.
 */
#include "auth.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "engine/explain_auth.h"
#include "engine/facts.h"

/* What a method found, for people, beside its JSON. */
struct answer {
	enum auth_result result;
	struct span explanation;
	unsigned lookups;
	struct json *detail;
};

/* "a, b" or either of them. */
static void add_word(struct buf *b, const char *separator, struct span s)
{
	if (b->n && s.n)
		buf_string(b, separator);
	buf_span(b, s);
}

static struct span spf_words(const struct spf_answer *s, struct arena *a)
{
	struct buf b = { .arena = a };

	if (s->explanation.n)
		return s->explanation;
	if (s->problem.n)
		return s->problem;
	if (s->mechanism.n) {
		add_word(&b, " ", s->mechanism);
		add_word(&b, " of ", s->domain);
		return buf_bytes(&b);
	}
	return s->result == AUTH_NONE ? SPAN("no SPF record") :
		SPAN("nothing in the record matched");
}

static void answer_spf(const struct auth *auth, struct arena *a,
	struct answer *answer)
{
	const struct spf_answer *s = &auth->spf;

	answer->result = s->result;
	answer->lookups = s->lookups;
	answer->explanation = spf_words(s, a);
	json_put_text(answer->detail, "domain", s->domain);
	json_put_string(answer->detail, "identity",
		s->helo ? "helo" : "mailfrom");
	json_put_text(answer->detail, "mechanism", s->mechanism);
	json_put_text(answer->detail, "problem", s->problem);
	json_put_int(answer->detail, "voids", s->voids);
}

static struct json *signature_json(const struct dkim_signature *s)
{
	struct json *o = json_new_object();

	json_put_string(o, "result", auth_result_name(s->result));
	json_put_text(o, "domain", s->domain);
	json_put_text(o, "selector", s->selector);
	json_put_text(o, "identity", s->identity);
	json_put_text(o, "algorithm", s->algorithm);
	json_put_int(o, "key_bits", s->key_bits);
	json_put(o, "flags", explain_dkim_flags(s->flags));
	json_put_text(o, "problem", s->problem);
	return o;
}

static void answer_dkim(const struct auth *auth, struct arena *a,
	struct answer *answer)
{
	const struct dkim_answer *d = &auth->dkim;
	struct json *list = json_new_array();
	struct buf b = { .arena = a };

	for (size_t i = 0; i < d->n; i++) {
		const struct dkim_signature *s = &d->signatures[i];

		json_append(list, signature_json(s));
		add_word(&b, "; ", s->domain);
		add_word(&b, "/", s->selector);
		add_word(&b, ": ", span_of(auth_result_name(s->result)));
		add_word(&b, ", ", s->problem);
	}
	if (d->more)
		buf_printf(&b, "; %zu more not looked at", d->more);
	answer->result = d->result;
	answer->explanation = d->n ? buf_bytes(&b) : SPAN("not signed");
	json_put(answer->detail, "signatures", list);
	json_put_int(answer->detail, "more", (int64_t)d->more);
}

static struct json *author_json(const struct dmarc_author *w)
{
	struct json *o = json_new_object();

	json_put_string(o, "result", auth_result_name(w->result));
	json_put_text(o, "domain", w->domain);
	json_put_text(o, "record_domain", w->record_domain);
	json_put_text(o, "organisation", w->organisation);
	json_put_text(o, "psl_organisation", w->psl_organisation);
	json_put_bool(o, "psl_differs", w->psl_differs);
	json_put_string(o, "policy", dmarc_policy_name(w->policy));
	json_put_bool(o, "testing", w->testing);
	json_put_bool(o, "spf_aligned", w->spf_aligned);
	json_put_bool(o, "dkim_aligned", w->dkim_aligned);
	json_put_text(o, "problem", w->problem);
	return o;
}

/* "example.org: fail, policy reject of example.org". */
static void add_author(struct buf *b, const struct dmarc_author *w)
{
	add_word(b, "; ", w->domain.n ? w->domain : SPAN("(no name)"));
	add_word(b, ": ", span_of(auth_result_name(w->result)));
	if (w->record_domain.n) {
		add_word(b, ", policy ", span_of(dmarc_policy_name(
			w->policy)));
		add_word(b, " of ", w->record_domain);
	}
	if (w->spf_aligned)
		add_word(b, ", ", SPAN("by SPF"));
	if (w->dkim_aligned)
		add_word(b, ", ", SPAN("by DKIM"));
	add_word(b, ", ", w->problem);
}

static void answer_dmarc(const struct auth *auth, struct arena *a,
	struct answer *answer)
{
	const struct dmarc_answer *d = &auth->dmarc;
	struct json *list = json_new_array();
	struct buf b = { .arena = a };

	for (size_t i = 0; i < d->n; i++) {
		json_append(list, author_json(&d->authors[i]));
		add_author(&b, &d->authors[i]);
	}
	answer->result = d->result;
	answer->explanation = d->n ? buf_bytes(&b) :
		SPAN("From names nobody with a domain");
	json_put_string(answer->detail, "policy",
		dmarc_policy_name(d->policy));
	json_put_string(answer->detail, "spf",
		auth_result_name(auth->spf.result));
	json_put_string(answer->detail, "dkim",
		auth_result_name(auth->dkim.result));
	json_put(answer->detail, "authors", list);
}

static void answer_arc(const struct auth *auth, struct arena *a,
	struct answer *answer)
{
	const struct arc_answer *c = &auth->arc;
	struct json *list = json_new_array(), *o;
	struct buf b = { .arena = a };

	for (size_t i = 0; i < c->n; i++) {
		o = json_new_object();
		json_put_text(o, "domain", c->sets[i].domain);
		json_put_text(o, "selector", c->sets[i].selector);
		json_put_text(o, "results", c->sets[i].results);
		json_append(list, o);
		add_word(&b, ", then ", c->sets[i].domain);
	}
	answer->result = c->result;
	if (c->problem.n)
		answer->explanation = c->problem;
	else
		answer->explanation = c->n ? buf_bytes(&b) :
			SPAN("no ARC set");
	json_put(answer->detail, "sets", list);
	json_put_int(answer->detail, "oldest_pass", c->oldest_pass);
}

static const struct {
	enum auth_method method;
	void (*answer)(const struct auth *auth, struct arena *a,
		struct answer *answer);
} answers[] = {
	{ AUTH_SPF, answer_spf },
	{ AUTH_DKIM, answer_dkim },
	{ AUTH_DMARC, answer_dmarc },
	{ AUTH_ARC, answer_arc },
};

static struct auth *ask_all(const struct auth_job *job, struct span message,
	struct ask *ask, struct arena *a)
{
	const struct auth_input in = { .env = &job->env,
		.receiver = job->receiver, .methods = job->method };
	struct auth *auth = auth_new(&in, ask, a);
	static const struct bundle nothing;
	struct facts *f;

	if (job->method != AUTH_SPF) {
		f = facts_new(&job->env, &nothing, message, a);
		auth_message(auth, message, &f->mime.root->header,
			f->authors, f->nauthors);
	}
	auth_finish(auth, clock_ms() + TOOL_DEADLINE_MS);
	return auth;
}

static void put_text(const struct answer *answer, struct arena *a,
	struct buf *line)
{
	size_t room = answer->explanation.n * 4 + 1;
	char *shown = arena_alloc(a, room);

	utf8_printable(answer->explanation, shown, room);
	buf_printf(line, "%s\t", auth_result_name(answer->result));
	buf_string(line, shown);
}

void answer_run(const void *self, struct span file_name,
	struct span message, struct ask *ask, struct arena *a,
	struct buf *line)
{
	const struct auth_job *job = self;
	const struct auth *auth = ask_all(job, message, ask, a);
	struct answer answer = { .lookups = auth->questions,
		.detail = json_new_object() };

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (answers[i].method == job->method)
			answers[i].answer(auth, a, &answer);
	json_put_string(answer.detail, "result",
		auth_result_name(answer.result));
	json_put_text(answer.detail, "explanation", answer.explanation);
	json_put_int(answer.detail, "lookups", answer.lookups);
	json_put_int(answer.detail, "questions", auth->questions);
	if (file_name.n)
		json_put_text(answer.detail, "file", file_name);
	if (job->json)
		json_write(answer.detail, line);
	else
		put_text(&answer, a, line);
	json_free(&answer.detail);
}
