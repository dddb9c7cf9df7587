#include "net/virus.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/virus_pool.h"

enum {
	PROBE_BUSY_MS = 10000, PROBE_IDLE_MS = 60000, PROBE_DOWN_MS = 2000,
	SILENT_MS = 25000, HANGS_MS = 1000,
};

/* One engine and how it is. */
struct member {
	struct virus_engine engine;
	struct virus_pool *pool;
	bool down;		/* it is not asked until it answers a probe */
	int64_t good_ms;	/* when it answered last */
	int64_t asked_ms;	/* when it was probed last */
	bool probing, used;	/* since the last probe */
	int64_t probe_ms;	/* when to ask who it is */
	char why[128];		/* it did not answer; "": it does */
};

/* A message that engines look at. */
struct scan {
	void *context;
	unsigned left;		/* answers that are still to come */
	bool told;
	struct virus_answer answers[VIRUS_ENGINES_MAX];
	struct scan *next;	/* in a line of those to tell at once */
};

/* Where an engine's answer goes. */
struct part {
	struct scan *scan;
	size_t i;
};

struct virus_engines {
	struct member members[VIRUS_ENGINES_MAX];
	size_t n;
	int event;
	char trouble[512];	/* as last told */
	struct scan *at_once, **at_once_end;
};

void virus_answer_set(struct virus_answer *a, enum virus_says says,
	const char *text)
{
	a->says = says;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

static void *make(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		abort();
	return p;
}

struct virus_set virus_set_of(const char *where)
{
	struct virus_set set = { .n = where ? 1 : 0 };

	set.engines[0].where = where;
	return set;
}

struct virus_engines *virus_engines_new(const struct virus_set *set,
	struct err *e)
{
	struct virus_engines *v = make(sizeof(*v));

	v->at_once_end = &v->at_once;
	v->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (v->event < 0) {
		err_errno(e, ERR_TEMPORARY, "cannot make an event");
		free(v);
		return NULL;
	}
	for (v->n = 0; v->n < set->n; v->n++) {
		struct member *m = &v->members[v->n];

		m->engine = set->engines[v->n];
		m->good_ms = clock_ms();
		if (m->engine.rests_after_ms == 0)
			m->engine.rests_after_ms = SILENT_MS;
		m->pool = virus_pool_new(&m->engine, v->event, e);
		if (m->pool == NULL) {
			virus_engines_free(&v);
			return NULL;
		}
	}
	return v;
}

static void free_scans(struct virus_engines *v)
{
	while (v->at_once) {
		struct scan *s = v->at_once;

		v->at_once = s->next;
		free(s);
	}
}

/* Scans whose engines still answer go with the process. */
void virus_engines_free(struct virus_engines **v)
{
	if (*v == NULL)
		return;
	for (size_t i = 0; i < (*v)->n; i++)
		virus_pool_free(&(*v)->members[i].pool);
	free_scans(*v);
	close((*v)->event);
	free(*v);
	*v = NULL;
}

bool virus_fd_good(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int have = fcntl(fd, F_GET_SEALS);
	struct stat st;

	/* Unsealed, it could shrink under our eyes: SIGBUS. */
	return have >= 0 && (have & seals) == seals &&
		fstat(fd, &st) == 0 && st.st_size <= VIRUS_BYTES_MAX;
}

/* Without the spare one mail goes on. */
bool virus_engines_full(const struct virus_engines *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!v->members[i].engine.spare &&
		    virus_pool_full(v->members[i].pool))
			return true;
	return false;
}

/* Why one is not asked; NULL: it is. */
static const char *why_not(const struct member *m)
{
	if (m->down)
		return m->why;
	return virus_pool_full(m->pool) ? "too many scans" : NULL;
}

static void ask(struct member *m, struct scan *s, size_t i, int fd,
	int64_t deadline_ms)
{
	struct part *p = make(sizeof(*p));

	*p = (struct part){ s, i };
	m->used = true;
	s->left++;
	virus_pool_scan(m->pool, fd, deadline_ms, p);
}

static void tell_at_once(struct virus_engines *v, struct scan *s)
{
	const uint64_t one = 1;

	*v->at_once_end = s;
	v->at_once_end = &s->next;
	/* Cannot fail: the counter never comes near its end. */
	(void)!write(v->event, &one, sizeof(one));
}

void virus_engines_scan(struct virus_engines *v, int fd, int64_t deadline_ms,
	void *context)
{
	struct scan *s = make(sizeof(*s));

	s->context = context;
	for (size_t i = 0; i < v->n; i++) {
		const char *why = why_not(&v->members[i]);
		int own = why ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

		if (own >= 0)
			ask(&v->members[i], s, i, own, deadline_ms);
		else
			virus_answer_set(&s->answers[i], VIRUS_SAYS_LATER,
				why ? why : "too many files");
	}
	close(fd);
	if (s->left == 0)
		tell_at_once(v, s);
}

int virus_engines_fd(const struct virus_engines *v)
{
	return v->event;
}

/* The one answer of which the others say no more; see the header. */
static const struct virus_answer *weigh(const struct virus_engines *v,
	const struct scan *s)
{
	const struct virus_answer *best = NULL;
	size_t later = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct virus_answer *a = &s->answers[i];
		bool silent = a->says == VIRUS_SAYS_LATER;

		later += silent;
		if (a->says == VIRUS_SAYS_FOUND)
			return a;
		if (silent && v->members[i].engine.spare && later < v->n)
			continue;
		/* In the order of their gravity. */
		if (best == NULL || a->says > best->says)
			best = a;
	}
	return best;
}

/* An engine's word on how it is, beside what it says of a message. */
static void note(struct member *m, const struct virus_answer *a, bool probe)
{
	bool silent = a->says == VIRUS_SAYS_LATER;
	int64_t now = clock_ms();

	if (!silent)
		m->good_ms = now;
	if (probe) {
		m->probing = false;
		/* A refusal costs nothing; under load a probe may wait in
		   line behind scans. */
		m->down = silent && now - m->asked_ms > HANGS_MS &&
			now - m->good_ms > m->engine.rests_after_ms;
		m->probe_ms = now + (silent ? PROBE_DOWN_MS :
			PROBE_BUSY_MS);
	} else if (silent && !m->down) {
		/* This message's trouble, or the engine's? */
		m->probe_ms = 0;
	}
	if (silent)
		snprintf(m->why, sizeof(m->why), "%s", a->text);
	else
		m->why[0] = 0;
}

/* One more answer of a scan; true: now it can be told. */
static bool add_answer(struct virus_engines *v, struct part *p,
	const struct virus_answer *a, void **context_r,
	struct virus_answer *answer_r)
{
	struct scan *s = p->scan;
	bool tell;

	s->answers[p->i] = *a;
	s->left--;
	free(p);
	tell = !s->told && (s->left == 0 || a->says == VIRUS_SAYS_FOUND);
	if (tell) {
		*context_r = s->context;
		*answer_r = a->says == VIRUS_SAYS_FOUND ? *a : *weigh(v, s);
		s->told = true;
	}
	if (s->left == 0)
		free(s);
	return tell;
}

static bool next_at_once(struct virus_engines *v, void **context_r,
	struct virus_answer *answer_r)
{
	struct scan *s = v->at_once;

	if (s == NULL)
		return false;
	*context_r = s->context;
	*answer_r = *weigh(v, s);
	v->at_once = s->next;
	if (v->at_once == NULL)
		v->at_once_end = &v->at_once;
	free(s);
	return true;
}

bool virus_engines_next(struct virus_engines *v, void **context_r,
	struct virus_answer *answer_r)
{
	uint64_t count;

	(void)!read(v->event, &count, sizeof(count));
	for (size_t i = 0; i < v->n; i++) {
		struct member *m = &v->members[i];
		struct virus_answer a;
		void *part;

		while (virus_pool_next(m->pool, &part, &a)) {
			note(m, &a, part == NULL);
			if (part && add_answer(v, part, &a, context_r,
			    answer_r))
				return true;
		}
	}
	return next_at_once(v, context_r, answer_r);
}

int virus_engines_probe(struct virus_engines *v, int64_t now_ms)
{
	int64_t soonest = PROBE_IDLE_MS;

	for (size_t i = 0; i < v->n; i++) {
		struct member *m = &v->members[i];
		int64_t due = m->probe_ms;

		if (due && m->why[0] == 0 && !m->used)
			due += PROBE_IDLE_MS - PROBE_BUSY_MS;
		if (!m->probing && due <= now_ms) {
			m->probing = true;
			m->used = false;
			m->asked_ms = now_ms;
			virus_pool_probe(m->pool);
		} else if (!m->probing && due - now_ms < soonest) {
			soonest = due - now_ms;
		}
	}
	return (int)soonest;
}

static void tell_member(const struct virus_engines *v, const struct member *m,
	char *text, size_t size)
{
	size_t n = strlen(text);

	if (m->why[0] == 0)
		return;
	snprintf(text + n, size - n, "%svirus engine%s%s does not answer "
		"(%s): %s", n ? "; " : "", v->n > 1 ? " " : "",
		v->n > 1 ? m->engine.where : "", m->why, m->engine.spare &&
		v->n > 1 ? "mail is judged without it" :
		"policy sees \"later\"");
}

bool virus_engines_trouble(struct virus_engines *v, char *text, size_t size)
{
	text[0] = 0;
	for (size_t i = 0; i < v->n; i++)
		tell_member(v, &v->members[i], text, size);
	if (strcmp(text, v->trouble) == 0)
		return false;
	snprintf(v->trouble, sizeof(v->trouble), "%s", text);
	return true;
}

void virus_engines_note(struct virus_engines *v, char note[VIRUS_NOTE_SIZE])
{
	uint64_t scans = 0, cached = 0;
	size_t n = 0;

	note[0] = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct virus_pool_state s;

		virus_pool_look(v->members[i].pool, &s);
		scans += s.scans;
		cached += s.cached;
		if (!span_starts(span_of(v->members[i].engine.where),
		    SPAN("icap:")) || *s.version == 0)
			continue;
		snprintf(note, VIRUS_NOTE_SIZE, "%.80s at %.80s; ", s.version,
			v->members[i].engine.where);
	}
	n = strlen(note);
	snprintf(note + n, VIRUS_NOTE_SIZE - n, "%llu virus scans, %llu of "
		"them of content known already", (unsigned long long)scans,
		(unsigned long long)cached);
}
