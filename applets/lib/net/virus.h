/*
 * The virus engines of a broker: one or two, each asked about every message
 * by threads of its own (net/virus_pool.h), so that neither the broker nor
 * the other engine waits for it, and what they say together.
 *
 * Found by one: found, at once. Else "later" when one did not answer that is
 * needed, or none answered at all: nothing is clean because something broke.
 * Else "unable" when one could not look into it; else clean.
 */
#ifndef NET_VIRUS_H
#define NET_VIRUS_H

#include "base/err.h"
#include "base/span.h"

enum {
	VIRUS_ENGINES_MAX = 2,
	VIRUS_BYTES_MAX = 100 << 20,
	VIRUS_NOTE_SIZE = 256,
	VIRUS_VERSION_SIZE = 128,
};

enum virus_says {
	VIRUS_SAYS_CLEAN,
	VIRUS_SAYS_FOUND,	/* text: the virus's name */
	VIRUS_SAYS_UNABLE,	/* it cannot look into this: text says why */
	VIRUS_SAYS_LATER,	/* no engine, no answer, a garbled one: text */
};

struct virus_answer {
	enum virus_says says;
	char text[128];		/* printable ASCII */
};

void virus_answer_set(struct virus_answer *a, enum virus_says says,
	const char *text);

struct virus_engine {
	/* "unix:PATH" or "inet:ADDRESS:PORT" of a clamd (net/clamd.h), or
	   "icap://ADDRESS:PORT/SERVICE" (net/icap.h). */
	const char *where;
	bool takes_fds;		/* a clamd of our own: clamd_scan_fd */
	bool spare;		/* its silence counts as no word from it */
	/* Silent for so long, to who asks its name, too: it is not asked any
	   more until it answers. 0: 25 s. */
	int64_t rests_after_ms;
	/* A folder whose change makes its old answers worthless; or NULL. */
	const char *signatures;
};

/* The engines that are wired; n 0: none. Their texts are the caller's. */
struct virus_set {
	struct virus_engine engines[VIRUS_ENGINES_MAX];
	size_t n;
};

/* That one engine alone; where NULL: none. */
struct virus_set virus_set_of(const char *where);

/*
 * Who an engine is, printable ASCII; changes with its official signatures. -1
 * and *e: no answer until the monotonic deadline.
 */
int virus_version(const struct virus_engine *e, int64_t deadline_ms,
	char version_r[VIRUS_VERSION_SIZE], struct err *err);

struct virus_engines;

/* The texts of *set must outlive it. */
struct virus_engines *virus_engines_new(const struct virus_set *set,
	struct err *e);
/* Forgets what is not answered; a busy thread ends with its scan. */
void virus_engines_free(struct virus_engines **v);

/* A sealed memfd of at most VIRUS_BYTES_MAX, which cannot change any more? */
bool virus_fd_good(int fd);
/* Ask before whether there is room. Takes fd over, a good one. */
bool virus_engines_full(const struct virus_engines *v);
void virus_engines_scan(struct virus_engines *v, int fd, int64_t deadline_ms,
	void *context);
/* Readable when something is done. */
int virus_engines_fd(const struct virus_engines *v);
/* The next scan that is done: its context; false: none. */
bool virus_engines_next(struct virus_engines *v, void **context_r,
	struct virus_answer *answer_r);

/*
 * Asks idle engines who they are, when it is time; ms until the next time.
 * It is how a change of signatures is noticed: call it at least then.
 */
int virus_engines_probe(struct virus_engines *v, int64_t now_ms);
/*
 * What is out of order now, and what that means for mail; "": nothing. True
 * when it differs from the last call.
 */
bool virus_engines_trouble(struct virus_engines *v, char *text, size_t size);
/* Who they are and how many answers came from the cache; for `pm status`. */
void virus_engines_note(struct virus_engines *v, char note[VIRUS_NOTE_SIZE]);

#endif
