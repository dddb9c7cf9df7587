/*
 * The zones of a folder of TZif files (RFC 9636): Debian's has all names, as
 * files or links, three folders deep at most.
 */
#include "engine/zone.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

enum {
	FOLDERS_MAX = 100, PATH_SIZE = 256, FILE_MAX = 64 << 10,
	HEADER = 44, YEAR = 366 * 86400,
	CHANGES_MAX = 64,
	STEP = 20 * 86400,	/* no summer is shorter */
};

/* The data of version 2 or later: 64-bit times, and the TZ text behind. */
struct tzif {
	struct span times, kinds, types; /* 8, 1, 6 bytes each */
	struct span rule;
};

static int64_t number(struct span s, size_t size, size_t i)
{
	uint64_t n = 0;

	for (size_t k = 0; k < size; k++)
		n = n << 8 | s.p[i * size + k];
	return size == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

/* Bytes from the front of s; s is empty when there are too few. */
static struct span take(struct span *s, int64_t n)
{
	struct span first = span_sub(*s, 0, (size_t)n);

	if (n < 0 || (size_t)n > s->n) {
		*s = (struct span){ 0 };
		return *s;
	}
	*s = span_after(*s, (size_t)n);
	return first;
}

/* A header and its data with times of that size. */
static bool take_block(struct span *s, int64_t size, struct tzif *z)
{
	struct span h = take(s, HEADER);
	int64_t count[6];

	if (!span_starts(h, SPAN("TZif")) || h.p[4] < '2')
		return false;
	/* UT marks, standard marks, leap seconds, times, types, letters. */
	for (size_t i = 0; i < 6; i++) {
		count[i] = number(span_after(h, 20), 4, i);
		if (count[i] < 0 || count[i] > FILE_MAX)
			return false;
	}
	z->times = take(s, count[3] * size);
	z->kinds = take(s, count[3]);
	z->types = take(s, count[4] * 6);
	take(s, count[5] + count[2] * (size + 4) + count[1] + count[0]);
	return z->types.n == (size_t)count[4] * 6 && count[4] > 0 && s->n > 0;
}

static bool read_tzif(struct span s, struct tzif *z)
{
	if (!take_block(&s, 4, z) || !take_block(&s, 8, z) || s.p[0] != '\n')
		return false;
	z->rule = span_after(s, 1);
	z->rule = span_sub(z->rule, 0, span_chr(z->rule, '\n'));
	/* Fields of a line are what blanks are between. */
	return z->rule.n && span_chr(z->rule, ' ') == SIZE_MAX;
}

/* Seconds east of UTC from that change on. */
static int64_t offset_from(const struct tzif *z, size_t i)
{
	size_t kind = z->kinds.p[i];

	return kind < z->types.n / 6 ? number(span_after(z->types, kind * 6),
		4, 0) : 0;
}

/* Does the rule alone tell an offset, at times before that one, too? */
static bool is_steady(const struct zone *z, int64_t from, int64_t to,
	int64_t offset)
{
	for (int64_t t = to - 1; t >= from; t -= STEP)
		if (zone_offset(z, t) != offset)
			return false;
	return true;
}

/*
 * Does the rule alone tell all changes behind that one, and none that is not
 * there? A country may leave out a summer.
 */
static bool is_told(const struct tzif *f, const struct zone *z, size_t from,
	size_t to, int64_t oldest)
{
	for (size_t i = from + 1; i < to; i++) {
		int64_t t = number(f->times, 8, i);
		int64_t before = number(f->times, 8, i - 1);

		if (zone_offset(z, t) != offset_from(f, i) ||
		    !is_steady(z, before > oldest ? before : oldest, t,
		    offset_from(f, i - 1)))
			return false;
	}
	return true;
}

static void put_changes(const struct tzif *f, const struct zone *z,
	int64_t now_s, struct buf *b)
{
	size_t n = f->kinds.n, from, to;

	for (to = 0; to < n && number(f->times, 8, to) <
	     now_s + 10 * (int64_t)YEAR; to++)
		;
	for (from = to; from > 0 && to - from < CHANGES_MAX &&
	     (from == to || number(f->times, 8, from) > now_s - YEAR); from--)
		;
	/* The last one before that says how the time began. */
	if (is_told(f, z, from, to, now_s - YEAR))
		return;
	for (size_t i = from; i < to; i++)
		buf_printf(b, " %lld:%lld", (long long)number(f->times, 8, i),
			(long long)offset_from(f, i));
}

static void put_file(const char *path, struct span name, int64_t now_s,
	struct buf *b)
{
	struct buf text = { 0 };
	struct tzif f;
	struct zone z;
	struct err e;

	if (io_slurp(path, FILE_MAX, &text, &e) == 0 &&
	    read_tzif(buf_bytes(&text), &f) && zone_read_rule(f.rule, &z)) {
		buf_printf(b, "%.*s %.*s", SPAN_FMT(name), SPAN_FMT(f.rule));
		put_changes(&f, &z, now_s, b);
		buf_byte(b, '\n');
	}
	buf_free(&text);
}

/* Zones begin with a capital; what does not are tables, and zones again. */
static bool is_zone(const char *name)
{
	return name[0] >= 'A' && name[0] <= 'Z' && strchr(name, '.') == NULL;
}

/* Folders yet to be read, by their paths below the first one. */
struct folders {
	char path[FOLDERS_MAX][PATH_SIZE];
	size_t n;
};

static void put_folder(const char *root, struct folders *all, size_t at,
	int64_t now_s, struct buf *b)
{
	char path[2 * PATH_SIZE], name[PATH_SIZE];
	const char *below = all->path[at];
	struct dirent *d;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s%s", root, *below ? "/" : "", below);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (!is_zone(d->d_name) || (size_t)snprintf(name,
		    sizeof(name), "%s%s%s", below, *below ? "/" : "",
		    d->d_name) >= sizeof(name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, name);
		if (stat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			put_file(path, span_of(name), now_s, b);
		else if (S_ISDIR(st.st_mode) && all->n < FOLDERS_MAX)
			snprintf(all->path[all->n++], PATH_SIZE, "%s", name);
	}
	if (dir)
		closedir(dir);
}

void zone_put_all(const char *folder, int64_t now_s, struct buf *b)
{
	struct folders all = { .n = 1 };

	for (size_t i = 0; i < all.n; i++)
		put_folder(folder, &all, i, now_s, b);
}
