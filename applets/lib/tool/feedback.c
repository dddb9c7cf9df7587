#include "tool/feedback.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/map.h"
#include "engine/content.h"
#include "engine/features.h"
#include "tool/update.h"

enum {
	FILE_MAX = 1 << 20, NAME_DIGITS = 33, ROUNDS = 3,
	BITS = 18, HALF = 6000,
	/* Of each class, before raw bytes are learnt: of one alone they would
	   learn what all mail of the site has. */
	RAW_LEAST = 20,
	DIR_MODE = 0755, REPORT_MODE = 0600, MODEL_MODE = 0644,
	MODEL_MAX = sizeof(struct classifier_head) + (1 << BITS),
};

#define FEEDBACK_MEMORY ((size_t)1 << 30)

static const uint64_t name_key[2] = { 3, 4 };

struct report {
	const char *name;	/* of the file */
	uint64_t user;
	uint64_t at_ms;
	bool spam;
	double base;		/* by the model below, logit */
	double step;
};

struct reports {
	struct arena *arena;
	struct trainer *trainer;
	struct classifier base;
	struct report *v;
	size_t n;
};

/* Whatever the umask says: front reads it. */
int feedback_make(struct err *e)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam(FEEDBACK_USER) :
		NULL;

	if (io_mkdirs(FEEDBACK_DIR, DIR_MODE, e) < 0)
		return -1;
	if ((p && lchown(FEEDBACK_DIR, p->pw_uid, p->pw_gid) < 0) ||
	    (chmod(FEEDBACK_DIR, DIR_MODE) < 0 && errno != EPERM))
		return err_errno(e, ERR_PERMANENT, FEEDBACK_DIR);
	return 0;
}

static int be_root_again(void)
{
	return getuid() == 0 && (seteuid(0) < 0 || setegid(getgid()) < 0) ?
		-1 : 0;
}

/* Below a root that only root may look into it stays who it is. */
static int be_owner(const struct stat *st)
{
	if (geteuid() != 0)
		return 0;
	if (setegid(st->st_gid) < 0 || seteuid(st->st_uid) < 0)
		return -1;
	return euidaccess(FEEDBACK_DIR, R_OK | W_OK | X_OK) == 0 ? 0 :
		be_root_again();
}

/*
 * Alone in the folder, until the descriptor is closed; root is its owner
 * meanwhile, so that what it writes there is the owner's, too.
 */
static int enter(struct err *e)
{
	struct stat st;
	int fd;

	if (feedback_make(e) < 0)
		return -1;
	fd = open(FEEDBACK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 &&
	    be_owner(&st) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, FEEDBACK_DIR);
	if (fd >= 0)
		close(fd);
	return -1;
}

static void leave(int fd)
{
	if (be_root_again() < 0)
		log_fatal("cannot be root again");
	close(fd);
}

struct span feedback_read(struct arena *a, const char **why_r)
{
	struct buf b = { .arena = a };
	struct classifier c;
	struct err e;

	*why_r = NULL;
	if (access(FEEDBACK_MODEL, F_OK) < 0 && errno == ENOENT)
		return SPAN("");
	if (io_slurp(FEEDBACK_MODEL, MODEL_MAX, &b, &e) == 0 &&
	    content_open(buf_bytes(&b), FEEDBACK_MODEL, &c, &e) == 0)
		return buf_bytes(&b);
	*why_r = arena_printf(a, "%s; what users taught is not used", e.text);
	return SPAN("");
}

/* --- the reports --------------------------------------------------------- */

/* "MESSAGE-USER" in hex: one report of a message by a user. */
static const char *name_of(uint64_t key, const char *user, struct arena *a)
{
	return arena_printf(a, FEEDBACK_DIR "/%016llx-%016llx",
		(unsigned long long)key, (unsigned long long)(user ?
		map_hash(name_key, span_of(user)) : 0));
}

static int keep(const struct feedback_report *r, const char *name,
	struct err *e)
{
	struct buf b = { 0 };
	int result;

	buf_printf(&b, "%s %lld\n", r->spam ? "spam" : "ham",
		(long long)clock_wall_ms());
	buf_span(&b, r->line);
	buf_byte(&b, '\n');
	result = io_replace_file(name, REPORT_MODE, buf_bytes(&b), e);
	buf_free(&b);
	return result;
}

/* A file that is no report is passed over. */
static bool read_report(const char *path, struct arena *a, struct report *r,
	struct span *line_r)
{
	struct buf b = { .arena = a };
	struct span rest, first, word;
	struct err e;

	if (io_slurp(path, FILE_MAX, &b, &e) < 0)
		return false;
	rest = buf_bytes(&b);
	if (!span_line(&rest, &first) || !span_line(&rest, line_r) ||
	    !span_cut(&first, ' ', &word))
		return false;
	r->spam = span_is(word, "spam");
	return (r->spam || span_is(word, "ham")) &&
		span_u64(first, INT64_MAX, &r->at_ms);
}

static int by_time(const void *a, const void *b)
{
	const struct report *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return span_cmp(span_of(x->name), span_of(y->name));
}

static int list_reports(struct reports *all, struct err *e)
{
	DIR *d = opendir(FEEDBACK_DIR);
	size_t cap = FEEDBACK_MOST * 2;
	struct dirent *f;

	if (d == NULL)
		return err_errno(e, ERR_PERMANENT, FEEDBACK_DIR);
	all->v = arena_array(all->arena, cap, sizeof(*all->v));
	while (all->n < cap && (f = readdir(d))) {
		struct span name = span_of(f->d_name), line;
		struct report *r = &all->v[all->n];
		struct arena *a;

		if (name.n != NAME_DIGITS)
			continue;
		r->user = strtoull(f->d_name + NAME_DIGITS / 2 + 1, NULL, 16);
		r->name = arena_printf(all->arena, FEEDBACK_DIR "/%s",
			f->d_name);
		a = arena_new("report", FILE_MAX * 4);
		all->n += read_report(r->name, a, r, &line);
		arena_free(&a);
	}
	closedir(d);
	qsort(all->v, all->n, sizeof(*all->v), by_time);
	return 0;
}

static void drop_oldest(struct reports *all)
{
	size_t over = all->n > FEEDBACK_MOST ? all->n - FEEDBACK_MOST : 0;

	for (size_t i = 0; i < over; i++)
		unlink(all->v[i].name);
	all->v += over;
	all->n -= over;
}

/* --- the model ----------------------------------------------------------- */

/* What a report counts: an administrator's 1, a user's less when many. */
static double step_of(const struct reports *all, size_t at)
{
	size_t his = 0;

	if (all->v[at].user == 0)
		return 1;
	for (size_t i = 0; i < all->n; i++)
		his += all->v[i].user == all->v[at].user;
	return his <= FEEDBACK_EACH ? 1 : (double)FEEDBACK_EACH / (double)his;
}

static bool add_report(struct reports *all, size_t at)
{
	struct report *r = &all->v[at];
	struct arena *a = arena_new("report", FILE_MAX * 16);
	struct classifier_score score;
	struct described d;
	struct span line;
	bool good = read_report(r->name, a, r, &line);

	if (good) {
		described_read(line, a, &d);
		classifier_score(&all->base, d.v, d.n, &score);
		r->base = (double)(score.sum - HALF) / 1000;
		r->step = step_of(all, at);
		good = trainer_add(all->trainer, 0, r->spam, map_hash(
			name_key, span_of(r->name)), d.v, d.n);
	}
	arena_free(&a);
	return good;
}

static bool knows_both(const struct reports *all)
{
	size_t spam = 0;

	for (size_t i = 0; i < all->n; i++)
		spam += all->v[i].spam;
	return spam >= RAW_LEAST && all->n - spam >= RAW_LEAST;
}

static void learn_raw(struct reports *all)
{
	for (size_t i = 0; i < all->n; i++)
		trainer_correct_raw(all->trainer, i, all->v[i].base,
			all->v[i].step);
}

static int make_model(struct reports *all, struct err *e)
{
	struct buf image = { 0 };
	size_t n = 0;
	int result;

	for (size_t i = 0; i < all->n; i++)
		if (add_report(all, i))
			all->v[n++] = all->v[i];
	all->n = n;
	trainer_begin(all->trainer);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++)
			trainer_correct(all->trainer, i, all->v[i].base,
				all->v[i].step);
	if (knows_both(all))
		learn_raw(all);
	trainer_write_feedback(all->trainer, FEATURES_VERSION, &image);
	result = io_replace_file(FEEDBACK_MODEL, MODEL_MODE,
		buf_bytes(&image), e);
	buf_free(&image);
	return result;
}

/* What judges without any feedback. */
static int open_base(struct arena *a, struct classifier *c_r, struct err *e)
{
	struct bundle_settings s = { 0 };
	const char *why;

	update_settings(a, &s, &why);
	return s.model.n ? content_open(s.model, "the update's model", c_r,
		e) : content_shipped(c_r, e);
}

static int learn(size_t *kept_r, struct err *e)
{
	struct reports all = { .arena = arena_new("feedback",
		FEEDBACK_MEMORY), .trainer = trainer_new(BITS) };
	int result = open_base(all.arena, &all.base, e);

	if (result == 0)
		result = list_reports(&all, e);
	if (result == 0) {
		drop_oldest(&all);
		result = make_model(&all, e);
	}
	*kept_r = all.n;
	trainer_free(&all.trainer);
	arena_free(&all.arena);
	return result;
}

int feedback_learn(size_t *kept_r, struct err *e)
{
	int fd = enter(e), result;

	*kept_r = 0;
	if (fd < 0)
		return -1;
	result = learn(kept_r, e);
	leave(fd);
	return result;
}

int feedback_keep(const struct feedback_report *r, bool *found_r,
	struct err *e)
{
	struct arena *a = arena_new("report", FILE_MAX * 16);
	struct described d;
	const char *name;
	int fd = enter(e), result = fd < 0 ? -1 : 0;

	described_read(r->line, a, &d);
	name = name_of(d.key, r->user, a);
	*found_r = fd >= 0 && access(name, F_OK) == 0;
	if (result == 0 && !r->undo)
		result = keep(r, name, e);
	else if (result == 0 && *found_r && unlink(name) < 0)
		result = err_errno(e, ERR_PERMANENT, "%s", name);
	if (fd >= 0)
		leave(fd);
	arena_free(&a);
	return result;
}

int feedback_report(const struct feedback_report *r, bool *found_r,
	size_t *kept_r, struct err *e)
{
	*kept_r = 0;
	return feedback_keep(r, found_r, e) < 0 ? -1 :
		feedback_learn(kept_r, e);
}
