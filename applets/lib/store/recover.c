#include "store/recover.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/state.h"

enum {
	LEFT_S = 3600,		/* a writer that old is not writing any more */
	STATE_ARENA = 64 << 20,
};

/* Does ID.state count copy number n? */
static bool is_noted(const struct id *id, uint64_t n)
{
	struct arena *a = arena_new("recover", STATE_ARENA);
	struct state s;
	struct err e;
	bool noted = state_load(id, a, &s, &e) == 0 && s.copies >= n;

	arena_free(&a);
	return noted;
}

/* Is the record gone that this copy was made from? Not: cannot be seen. */
static bool is_retired(const struct id *id)
{
	char path[COMMIT_PATH_MAX];

	snprintf(path, sizeof(path), ROOT_SPOOL "/new/%s", id->text);
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* Is the copy behind the hidden name "ID-N" or "ID-rN" owed? */
static bool is_owed(struct span name)
{
	struct span tail = span_after(name, ID_TEXT_SIZE - 1);
	struct id id;
	uint64_t n;

	if (!id_parse(span_sub(name, 0, ID_TEXT_SIZE - 1), &id))
		return false;
	if (span_starts(tail, SPAN("-r")))
		return span_u64(span_after(tail, 2), 1000000, &n) &&
		       is_noted(&id, n);
	/* Nothing behind the number: "ID-Nx" is the injector's own. */
	return span_starts(tail, SPAN("-")) &&
	       span_u64(span_after(tail, 1), 1000000, &n) && is_retired(&id);
}

/* "ID-jKEY": only the database knows whether it is owed (pm mta jobs). */
static bool is_of_a_job(struct span name)
{
	return span_starts(span_after(name, ID_TEXT_SIZE - 1), SPAN("-j"));
}

/* A writer may be at it right now: only what is old goes. */
static void sweep(const char *name)
{
	char path[COMMIT_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), ROOT_SPOOL "/inject/%.200s", name);
	if (stat(path, &st) == 0 && st.st_mtime < time(NULL) - LEFT_S)
		unlink(path);
}

unsigned recover_copies(void)
{
	DIR *d = opendir(ROOT_SPOOL "/inject");
	unsigned n = 0;
	struct err e;

	for (struct dirent *f; d && (f = readdir(d)); ) {
		struct span name = span_of(f->d_name);

		if (name.n < 2 || name.p[0] != '.' || name.p[1] == '.')
			continue;
		if (is_of_a_job(span_after(name, 1)))
			continue;
		if (!is_owed(span_after(name, 1)))
			sweep(f->d_name);
		else if (spool_copy_publish(f->d_name + 1, &e) == 0)
			n++;
		else if (errno != ENOENT)
			log_warn("%s", e.text);
	}
	if (d)
		closedir(d);
	return n;
}
