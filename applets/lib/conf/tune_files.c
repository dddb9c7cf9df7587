#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "conf/tune.h"

enum { FILE_MAX = 1 << 20, MODE_FILE = 0644, MODE_FOLDER = 0755 };

#define OWNER "pm-db"
#define BEFORE ".before"

/* Where somebody may have chosen a value; the last one wins. */
static const char *const own_files[] = {
	TUNE_SITE,
	TUNE_FOLDER "/pg/postgresql.auto.conf",	/* alter system */
};

enum { OWN_FILES = sizeof(own_files) / sizeof(own_files[0]) };

/* A file's bytes; one that is not there is empty. */
static int slurp(struct arena *a, const char *path, struct span *text_r,
	struct err *e)
{
	struct buf b = { .arena = a };

	*text_r = SPAN("");
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(path, FILE_MAX, &b, e) < 0)
		return -1;
	*text_r = buf_bytes(&b);
	return 0;
}

/* The value of "name = value # comment", without its quotes. */
static struct span value_of(struct span s)
{
	size_t n = 0;

	s = span_trim(s);
	if (s.n && s.p[0] == '=')
		s = span_trim(span_after(s, 1));
	if (s.n && s.p[0] == '\'') {
		s = span_after(s, 1);
		return span_sub(s, 0, span_chr(s, '\''));
	}
	while (n < s.n && s.p[n] != '#')
		n++;
	return span_trim(span_sub(s, 0, n));
}

/* Does a line set `name`? */
static bool line_sets(struct span line, const char *name,
	struct span *value_r)
{
	size_t n = span_of(name).n;

	line = span_trim(line);
	if (!span_casestarts(line, span_of(name)) || line.n == n ||
	    (line.p[n] != ' ' && line.p[n] != '\t' && line.p[n] != '='))
		return false;
	*value_r = value_of(span_after(line, n));
	return true;
}

/* The last line of a text that sets `name`: its number, 0: none does. */
static unsigned find(struct span text, const char *name,
	struct span *value_r)
{
	unsigned n = 0, at = 0;
	struct span line, value;

	while (span_line(&text, &line)) {
		n++;
		if (!line_sets(line, name, &value))
			continue;
		at = n;
		*value_r = value;
	}
	return at;
}

static bool is_word_of(struct span value, const char *words)
{
	struct span rest = span_of(words), word;

	while (span_cut(&rest, ' ', &word))
		if (span_caseeq(value, word))
			return true;
	return false;
}

static bool is_within(const struct tune_setting *s, struct span value)
{
	double v;

	if (s->kind == TUNE_WORD)
		return is_word_of(value, s->words);
	return tune_value(s, value, &v) && v >= s->low && v <= s->high;
}

static bool is_planned(const struct tune_setting *s, struct span value)
{
	double v, planned;

	if (s->kind == TUNE_WORD)
		return span_caseeq(value, span_of(s->text));
	return tune_value(s, value, &v) &&
		tune_value(s, span_of(s->text), &planned) && v == planned;
}

/* What is in force for one setting, and who says so. */
static struct tune_change in_force(const struct tune_setting *s,
	struct span tuned, const struct span own[OWN_FILES], struct arena *a)
{
	struct tune_change c = { .setting = s, .old = s->usual };
	struct span value;

	if (find(tuned, s->name, &value))
		c.old = arena_string(a, value);
	for (size_t i = 0; i < OWN_FILES; i++) {
		unsigned line = find(own[i], s->name, &value);

		if (line == 0)
			continue;
		c.old = arena_string(a, value);
		c.file = own_files[i];
		c.line = line;
	}
	return c;
}

static void judge_one(const struct tune_change *c, struct tune_result *r)
{
	const struct tune_setting *s = c->setting;
	struct span old = span_of(c->old);

	if (c->file && !is_within(s, old)) {
		r->own[r->nown++] = *c;
	} else if (c->file == NULL && !is_planned(s, old)) {
		r->changes[r->nchanges++] = *c;
		r->restart |= s->restart;
	}
}

int tune_judge(const struct tune_plan *p, struct arena *a,
	struct tune_result *r_r, struct err *e)
{
	struct span tuned, own[OWN_FILES];

	*r_r = (struct tune_result){
		.changes = arena_array(a, p->n, sizeof(*r_r->changes)),
		.own = arena_array(a, p->n, sizeof(*r_r->own)),
	};
	if (slurp(a, TUNE_CONF, &tuned, e) < 0)
		return -1;
	for (size_t i = 0; i < OWN_FILES; i++)
		if (slurp(a, own_files[i], &own[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->n; i++) {
		struct tune_change c = in_force(&p->settings[i], tuned, own,
			a);

		judge_one(&c, r_r);
	}
	/* A plan that is in force was accepted. */
	r_r->outcome = p->below ? TUNE_BELOW :
		r_r->nown || (p->outside && r_r->nchanges) ? TUNE_OUTSIDE :
		r_r->nchanges ? TUNE_ADJUST : TUNE_SAME;
	return 0;
}

static void add_settings(const struct tune_host *h, const struct tune_plan *p,
	struct buf *b)
{
	buf_printf(b, "# filters: %llu\n", (unsigned long long)h->filters);
	for (size_t i = 0; i < p->n; i++) {
		const struct tune_setting *s = &p->settings[i];

		buf_printf(b, "%s = %s\t# %s\n", s->name, s->text, s->why);
	}
}

/* The folder, the database user's where there is one. */
static int make_folder(struct err *e)
{
	const struct passwd *pw;
	struct stat st;

	if (stat(TUNE_FOLDER, &st) == 0)
		return 0;
	if (io_mkdirs(TUNE_FOLDER, MODE_FOLDER, e) < 0)
		return -1;
	pw = geteuid() == 0 ? getpwnam(OWNER) : NULL;
	if (pw && lchown(TUNE_FOLDER, pw->pw_uid, pw->pw_gid) < 0)
		return err_errno(e, ERR_TEMPORARY, TUNE_FOLDER ": cannot be "
			"given to " OWNER);
	return 0;
}

/* Replaces a file of ours or theirs; it keeps, or gets, its owner. */
static int replace(const char *path, const char *like, struct span text,
	struct err *e)
{
	struct stat st;
	mode_t mode = MODE_FILE;

	if (stat(like, &st) == 0)
		mode = st.st_mode & 0777;
	else if (stat(TUNE_FOLDER, &st) < 0)
		return err_errno(e, ERR_TEMPORARY, TUNE_FOLDER);
	if (io_replace_file(path, mode, text, e) < 0)
		return -1;
	/* Never through a link: the folder is the database user's. */
	if (geteuid() == 0 && lchown(path, st.st_uid, st.st_gid) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot be given to "
			"its owner", path);
	return 0;
}

static const char *before_name(struct arena *a, const char *path)
{
	return arena_printf(a, "%s" BEFORE, path);
}

static int keep_before(struct arena *a, const char *path, struct span text,
	struct err *e)
{
	return replace(before_name(a, path), path, text, e);
}

/* Comments out in one file what was chosen outside the range. */
static int silence_file(const struct tune_result *r, const char *path,
	struct arena *a, struct err *e)
{
	struct buf b = { .arena = a };
	struct span text, rest, line, value;
	size_t silenced = 0;

	if (slurp(a, path, &text, e) < 0)
		return -1;
	for (rest = text; span_line(&rest, &line);) {
		bool ours = false;

		for (size_t i = 0; i < r->nown && !ours; i++)
			ours = line_sets(line, r->own[i].setting->name,
				&value);
		silenced += ours;
		buf_printf(&b, "%s%.*s\n", ours ? "# pm db tune: " : "",
			SPAN_FMT(line));
	}
	if (silenced == 0)
		return 0;
	if (keep_before(a, path, text, e) < 0)
		return -1;
	return replace(path, path, buf_bytes(&b), e);
}

/* What an undo would put back from an earlier tuning goes. */
static int forget_before(struct arena *a, struct err *e)
{
	for (size_t i = 0; i < OWN_FILES; i++)
		if (unlink(before_name(a, own_files[i])) < 0 &&
		    errno != ENOENT)
			return err_errno(e, ERR_TEMPORARY, "%s" BEFORE
				": cannot be removed", own_files[i]);
	return 0;
}

int tune_write(const struct tune_host *h, const struct tune_plan *p,
	const struct tune_result *r, bool accept, struct arena *a,
	struct err *e)
{
	struct buf b = { .arena = a };
	struct span old;

	if (make_folder(e) < 0 || slurp(a, TUNE_CONF, &old, e) < 0 ||
	    forget_before(a, e) < 0 ||
	    keep_before(a, TUNE_CONF, old, e) < 0)
		return -1;
	for (size_t i = 0; accept && i < OWN_FILES; i++)
		if (silence_file(r, own_files[i], a, e) < 0)
			return -1;
	buf_string(&b, "# Written by pm db tune, which replaces it. Your own "
		"settings belong into\n# " TUNE_SITE ", which is read after "
		"this file.\n# pm db tune --undo puts back what was before.\n");
	add_settings(h, p, &b);
	if (replace(TUNE_CONF, TUNE_CONF, buf_bytes(&b), e) < 0)
		return -1;
	/* Nobody shall accept an older recommendation. */
	unlink(TUNE_RECOMMENDED);
	return 0;
}

int tune_recommend(const struct tune_host *h, const struct tune_plan *p,
	struct arena *a, struct err *e)
{
	struct buf b = { .arena = a };

	buf_string(&b, "# What pm db tune recommends. Nothing reads this "
		"file:\n# pm db tune --accept takes it over.\n");
	add_settings(h, p, &b);
	if (make_folder(e) < 0)
		return -1;
	return replace(TUNE_RECOMMENDED, TUNE_RECOMMENDED, buf_bytes(&b), e);
}

int tune_undo(struct arena *a, struct err *e)
{
	if (access(TUNE_BEFORE, F_OK) < 0)
		return errno == ENOENT ? 1 : err_errno(e, ERR_TEMPORARY,
			TUNE_BEFORE);
	for (size_t i = 0; i < OWN_FILES; i++)
		if (rename(before_name(a, own_files[i]), own_files[i]) < 0 &&
		    errno != ENOENT)
			return err_errno(e, ERR_TEMPORARY, "%s: cannot be put "
				"back", own_files[i]);
	/* The last step: while it is not done, undo can be repeated. */
	if (rename(TUNE_BEFORE, TUNE_CONF) < 0 ||
	    io_sync_dir(TUNE_FOLDER) < 0)
		return err_errno(e, ERR_TEMPORARY, TUNE_CONF ": cannot be put "
			"back");
	return 0;
}
