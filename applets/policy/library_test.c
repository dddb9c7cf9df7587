/*
 * Runs the test messages of ready-made rules through the engine: the rules
 * alone, with their lists, in a world that the case describes.
 */
#include "library.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/rate.h"
#include "store/spool.h"

enum { DEADLINE_MS = 5000, DNS_TXT = 16, DNS_A = 1 };

/* The world of a case: what is in its DNS. */
struct world {
	const struct library_case *c;
};

static bool next_value(const struct library_case *c, const char *key,
	size_t *i, struct span *value_r)
{
	for (; *i < c->npairs; ++*i)
		if (span_is(c->pairs[*i].key, key)) {
			*value_r = c->pairs[(*i)++].value;
			return true;
		}
	return false;
}

static struct span value_of(const struct library_case *c, const char *key,
	const char *otherwise)
{
	struct span value = span_of(otherwise);
	size_t i = 0;

	next_value(c, key, &i, &value);
	return value;
}

/* --- the world ----------------------------------------------------------- */

/* The rdata of a TXT or A record. */
static struct span record_of(struct span type, struct span text,
	struct arena *a)
{
	struct buf b = { .arena = a };
	struct in_addr addr;

	if (span_is(type, "A")) {
		if (inet_pton(AF_INET, arena_string(a, text), &addr) == 1)
			buf_add(&b, &addr, sizeof(addr));
		return buf_bytes(&b);
	}
	for (size_t at = 0; at < text.n; at += 255) {
		struct span piece = span_sub(text, at, 255);

		buf_byte(&b, (unsigned char)piece.n);
		buf_span(&b, piece);
	}
	return buf_bytes(&b);
}

/* Without a row nobody knows. */
static void answer_rate(const struct library_case *c, struct question *q,
	struct arena *a)
{
	struct span row, word;
	uint64_t v[3] = { 0 };
	struct rate_counts counts;
	struct buf b = { .arena = a };
	size_t i = 0;

	q->state = ASK_LATER;
	if (!next_value(c, "rate", &i, &row))
		return;
	for (size_t n = 0; n < 3 && span_cut(&row, ' ', &word); n++)
		span_u64(word, UINT32_MAX, &v[n]);
	counts = (struct rate_counts){ (uint32_t)v[0], (uint32_t)v[1],
		(uint32_t)v[2] };
	rate_put_counts(&b, &counts);
	q->records = arena_array(a, 1, sizeof(*q->records));
	q->records[0] = buf_bytes(&b);
	q->nrecords = 1;
	q->state = ASK_YES;
}

static void send_question(void *self, struct question *q, struct arena *a)
{
	const struct world *w = self;
	struct span line, name, type;
	size_t i = 0;

	q->state = ASK_NO;
	if (q->kind == ASK_RATE) {
		answer_rate(w->c, q, a);
		return;
	}
	if (q->kind != ASK_DNS) {
		q->state = q->kind == ASK_VIRUS ? ASK_OFF : ASK_LATER;
		return;
	}
	while (next_value(w->c, "dns", &i, &line)) {
		if (!span_cut(&line, ' ', &name) ||
		    !span_cut(&line, ' ', &type) ||
		    !span_caseeq(name, q->name) ||
		    q->type != (span_is(type, "A") ? DNS_A : DNS_TXT))
			continue;
		q->records = arena_array(a, 1, sizeof(*q->records));
		q->records[0] = record_of(type, line, a);
		q->nrecords = 1;
		q->state = ASK_YES;
	}
}

static void collect(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_for(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

/* --- the site ------------------------------------------------------------ */

static int put_file(struct arena *a, const char *dir, const char *folder,
	struct span name, const char *suffix, struct span text, struct err *e)
{
	const char *path = arena_printf(a, "%s/%s/%.*s%s", dir, folder,
		SPAN_FMT(name), suffix);

	return io_replace_file(path, 0600, text, e);
}

/* A shipped list, and the case's own entries. */
static int put_list(struct arena *a, const char *dir, struct span list,
	const struct library_case *c, struct err *e)
{
	struct buf text = { .arena = a };
	struct span line, name;
	size_t i = 0;

	buf_span(&text, library_needed(a, "Lists", list));
	while (next_value(c, "list", &i, &line))
		if (span_cut(&line, ' ', &name) && span_eq(name, list)) {
			buf_span(&text, line);
			buf_byte(&text, '\n');
		}
	return put_file(a, dir, "lists", list, "", buf_bytes(&text), e);
}

/* The folders policy and lists with what the rules need. */
static int put_site(struct arena *a, const char *dir, const char *name,
	const struct library_case *c, struct err *e)
{
	struct span lua = library_file(a, name, ".lua"), needed, line;
	struct buf options = { .arena = a };
	size_t i = 0;

	if (io_mkdirs(arena_printf(a, "%s/policy/templates", dir), 0700,
			e) < 0 ||
	    io_mkdirs(arena_printf(a, "%s/lists", dir), 0700, e) < 0 ||
	    put_file(a, dir, "policy", span_of(name), ".lua", lua, e) < 0)
		return -1;
	for (size_t n = 0; library_needs(lua, "Lists", n, &needed); n++)
		if (put_list(a, dir, needed, c, e) < 0)
			return -1;
	for (size_t n = 0; library_needs(lua, "Templates", n, &needed); n++)
		if (put_file(a, dir, "policy/templates", needed, ".txt",
				library_needed(a, "Templates", needed), e) < 0)
			return -1;
	/* A recipient's own part of a list is a list of its own. */
	while (next_value(c, "list", &i, &line))
		if (span_cut(&line, ' ', &needed) &&
		    span_chr(needed, '#') != SIZE_MAX &&
		    put_list(a, dir, needed, c, e) < 0)
			return -1;
	i = 0;
	while (next_value(c, "option", &i, &line)) {
		buf_span(&options, line);
		buf_byte(&options, '\n');
	}
	if (options.n == 0)
		return 0;
	return put_file(a, dir, "policy", SPAN("options"), "",
		buf_bytes(&options), e);
}

static void remove_folder(struct arena *a, const char *dir,
	const char *const *folders, size_t n)
{
	struct dirent *entry;

	for (size_t i = 0; i < n; i++) {
		const char *path = arena_printf(a, "%s/%s", dir, folders[i]);
		DIR *d = opendir(path);

		while (d && (entry = readdir(d)))
			unlink(arena_printf(a, "%s/%s", path, entry->d_name));
		if (d)
			closedir(d);
		rmdir(path);
	}
	rmdir(dir);
}

/* --- a judgement --------------------------------------------------------- */

/* What the recipients of a group get. */
static struct span delivered(const struct group *g, struct span message,
	struct arena *a)
{
	struct spool_splice *s = arena_array(a, g->nsplices, sizeof(*s));
	struct buf b = { .arena = a };

	for (size_t i = 0; i < g->nsplices; i++)
		s[i] = (struct spool_splice){ g->splices[i].at,
			g->splices[i].remove, g->splices[i].insert };
	return spool_splice(message, s, g->nsplices, &b) ? buf_bytes(&b) :
		SPAN("");
}

static bool was_said(const struct verdict *v, struct span text)
{
	for (size_t i = 0; i < v->ngroups; i++)
		for (size_t j = 0; j < v->groups[i].ntrace; j++)
			if (span_find(v->groups[i].trace[j].said, text) !=
			    SIZE_MAX)
				return true;
	return false;
}

/* Everything that was said, for a failure. */
static const char *all_said(const struct verdict *v, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < v->ngroups; i++)
		for (size_t j = 0; j < v->groups[i].ntrace; j++) {
			struct span said = v->groups[i].trace[j].said;

			buf_string(&b, said.n && b.n ? "; " : "");
			buf_span(&b, said);
		}
	return b.n ? buf_c(&b) : "nothing";
}

static const char *compare(const struct library_case *c,
	const struct verdict *v, struct arena *a)
{
	const struct group *g = engine_most_severe(v);
	struct span want = value_of(c, "expect", "deliver"), got, text;
	size_t i = 0;

	if (v->failed)
		return arena_printf(a, "the rules failed: %.*s",
			SPAN_FMT(v->failure));
	got = span_of(arena_printf(a, "%s %.*s", action_name(g->action),
		SPAN_FMT(g->reason)));
	if (!span_starts(got, want))
		return arena_printf(a, "expected %.*s, got %.*s (said: %s)",
			SPAN_FMT(want), SPAN_FMT(got), all_said(v, a));
	while (next_value(c, "said", &i, &text))
		if (!was_said(v, text))
			return arena_printf(a, "no rule said \"%.*s\"; said: "
				"%s", SPAN_FMT(text), all_said(v, a));
	if (value_of(c, "silent", "").n &&
	    strcmp(all_said(v, a), "nothing") != 0)
		return arena_printf(a, "should say nothing, said: %s",
			all_said(v, a));
	for (i = 0; next_value(c, "text", &i, &text);)
		if (span_find(delivered(g, c->message, a), text) == SIZE_MAX)
			return arena_printf(a, "what is delivered does not "
				"hold \"%.*s\"; said: %s", SPAN_FMT(text),
				all_said(v, a));
	return NULL;
}

void library_judge(struct engine *engine, const struct library_case *c,
	struct arena *a, struct verdict *v_r)
{
	struct world world = { c };
	const struct ask ask = { &world, send_question, collect, wait_for };
	struct span rcpts[LIBRARY_PAIRS_MAX];
	struct envelope env = {
		.relay_addr = value_of(c, "relay", "203.0.113.1"),
		.helo = SPAN("client.example"),
		.mail_from = value_of(c, "from", ""),
		.auth_user = value_of(c, "user", ""),
		.received_ms = clock_wall_ms(), .rcpts = rcpts,
	};
	size_t i = 0;

	while (next_value(c, "to", &i, &rcpts[env.nrcpts]))
		env.nrcpts++;
	if (env.nrcpts == 0)
		rcpts[env.nrcpts++] = SPAN("user@example.org");
	engine_set_detail(engine, true);
	engine_rehearse(engine, &env, c->message, &ask,
		clock_ms() + DEADLINE_MS, a, v_r);
}

static int run_in(const char *dir, const char *name,
	const struct library_case *c, struct arena *a, const char **why_r,
	struct err *e)
{
	struct span networks[] = { SPAN("127.0.0.0/8"), SPAN("10.0.0.0/8") };
	struct span domains[] = { SPAN("example.org") };
	struct bundle_settings settings = { .networks = networks,
		.nnetworks = 2, .domains = domains, .ndomains = 1,
		.authserv = SPAN("example.org") };
	struct buf record = { .arena = a };
	struct engine *engine;
	struct bundle bundle;
	struct verdict v;

	if (put_site(a, dir, name, c, e) < 0 ||
	    bundle_build(&settings, arena_printf(a, "%s/policy", dir),
			arena_printf(a, "%s/lists", dir), &record, e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0)
		return -1;
	engine = engine_new(&bundle, e);
	if (engine == NULL)
		return -1;
	library_judge(engine, c, a, &v);
	*why_r = compare(c, &v, a);
	engine_free(&engine);
	return 0;
}

int library_run_case(const char *name, const struct library_case *c,
	struct arena *a, const char **why_r, struct err *e)
{
	static const char *const folders[] = { "policy/templates", "policy",
		"lists" };
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_string(a, span_of(arena_printf(a,
		"%s/pm-library.XXXXXX", tmp && *tmp ? tmp : "/tmp")));
	int result;

	if (mkdtemp(dir) == NULL)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot be made", dir);
	result = run_in(dir, name, c, a, why_r, e);
	remove_folder(a, dir, folders, 3);
	return result;
}
