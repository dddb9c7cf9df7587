#include "migrate.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/io.h"
#include "base/log.h"

#define FOLDER "sql/schema/"

enum {
	DIGITS = 4,
	NUMBER_MAX = 9999,
	FILES_MAX = 1024,
	FILE_BYTES_MAX = 16 << 20,
	SHORT_HASH = 12,
};

/* Takes "0001_ground.sql" into the list. */
static int add(struct migrations *m, const char *name, struct span text,
	struct err *e)
{
	struct migration *new = &m->v[m->n];
	struct span s = span_of(name);

	if (m->n == FILES_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d migrations",
			FILES_MAX);
	if (!span_u64(span_sub(s, 0, DIGITS), NUMBER_MAX, &new->number) ||
	    span_chr(s, '_') != DIGITS || !span_ends(s, SPAN(".sql")))
		return err_set(e, ERR_PERMANENT, "%s: a migration is called "
			"NNNN_name.sql", name);
	new->name = name;
	new->text = text;
	hash_sha256_hex(text, new->sha256);
	m->n++;
	return 0;
}

int migrate_ours(struct arena *a, struct migrations *m_r, struct err *e)
{
	const char *path;

	m_r->v = arena_array(a, FILES_MAX + 1, sizeof(*m_r->v));
	m_r->n = 0;
	for (size_t i = 0; (path = embed_name(FOLDER, i)); i++)
		if (add(m_r, path + sizeof(FOLDER) - 1, embed_file(path),
		    e) < 0)
			return -1;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct migration *l = a, *r = b;

	return (l->number > r->number) - (l->number < r->number);
}

static int read_one(int folder, const char *name, struct arena *a,
	struct migrations *m, struct err *e)
{
	struct buf text = { .arena = a };
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC), got;

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", name);
	got = io_slurp_fd(fd, name, FILE_BYTES_MAX, &text, e);
	close(fd);
	return got < 0 ? -1 : add(m, arena_string(a, span_of(name)),
		buf_bytes(&text), e);
}

int migrate_folder(int folder, const char *name, struct arena *a,
	struct migrations *m_r, struct err *e)
{
	DIR *d = fdopendir(folder);
	struct dirent *f;
	int got = 0;

	if (d == NULL)
		return err_errno(e, ERR_PERMANENT, "%s", name);
	m_r->v = arena_array(a, FILES_MAX + 1, sizeof(*m_r->v));
	m_r->n = 0;
	while (got == 0 && (f = readdir(d)))
		if (span_ends(span_of(f->d_name), SPAN(".sql")))
			got = read_one(dirfd(d), f->d_name, a, m_r, e);
	closedir(d);
	qsort(m_r->v, m_r->n, sizeof(*m_r->v), by_number);
	return got;
}

static const struct migration *find(const struct migrations *m,
	uint64_t number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].number == number)
			return &m->v[i];
	return NULL;
}

/* Is one that the database has the same as ours? */
static int check_one(const struct migrations *m, const struct db_rows *rows,
	size_t row, struct err *e)
{
	struct span name = db_span(rows, row, 1);
	struct span hash = db_span(rows, row, 2);
	const struct migration *our = find(m,
		(uint64_t)db_int(rows, row, 0));

	if (our == NULL)
		return err_set(e, ERR_PERMANENT, "the database is newer than "
			"this pm: it has migration %.*s; install the version "
			"of pm that made it, or a later one",
			SPAN_FMT(name));
	if (span_is(hash, our->sha256))
		return 0;
	return err_set(e, ERR_PERMANENT, "migration %s was changed after it "
		"was applied to this database (then %.*s, now %.*s): what is "
		"applied is never edited, a change is a new file", our->name,
		SPAN_FMT(span_sub(hash, 0, SHORT_HASH)), SHORT_HASH,
		our->sha256);
}

/* The last one that the database has, when all of them are ours. */
static int check(struct db *d, const struct migrations *m, uint64_t *last_r,
	struct err *e)
{
	struct db_rows *rows;
	int got = 0;

	if (db_call(d, "migrate_list", NULL, 0, &rows, e) < 0)
		return -1;
	*last_r = 0;
	for (size_t i = 0; got == 0 && i < db_count(rows); i++) {
		got = check_one(m, rows, i, e);
		*last_r = (uint64_t)db_int(rows, i, 0);
	}
	db_rows_free(&rows);
	return got;
}

static int apply(struct db *d, const struct migration *m, struct err *e)
{
	struct db_value v[] = { DB_OF_INT((int64_t)m->number),
		DB_OF_TEXT(span_of(m->name)),
		DB_OF_TEXT(span_of(m->sha256)) };

	if (db_begin(d, e) < 0)
		return -1;
	if (db_script(d, m->name, m->text, e) < 0 ||
	    db_call(d, "migrate_put", v, 3, NULL, e) < 0) {
		db_rollback(d);
		return -1;
	}
	return db_commit(d, e);
}

/* With the lock held. */
static int apply_all(struct db *d, const struct migrations *m,
	unsigned *done_r, struct err *e)
{
	uint64_t last;

	if (db_call(d, "migrate_table", NULL, 0, NULL, e) < 0 ||
	    check(d, m, &last, e) < 0)
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].number <= last)
			continue;
		if (apply(d, &m->v[i], e) < 0)
			return -1;
		log_info("migration %s applied", m->v[i].name);
		++*done_r;
	}
	return 0;
}

int migrate_run(struct db *d, const struct migrations *m, unsigned *done_r,
	struct err *e)
{
	int got;

	*done_r = 0;
	if (db_call(d, "migrate_lock", NULL, 0, NULL, e) < 0)
		return -1;
	got = apply_all(d, m, done_r, e);
	/* A lost connection has let go of it by itself. */
	if (got < 0)
		db_forget(d);
	else
		got = db_call(d, "migrate_unlock", NULL, 0, NULL, e);
	return got;
}
