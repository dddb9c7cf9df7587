#include "conf/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/utf8.h"
#include "script/script.h"

#define SHIPPED "lua/jobs/shipped.lua"

enum { FILE_MAX = 1 << 20, TIMEOUT_S = 7200, DAY_S = 86400 };

/* A job that is being read. */
struct reader {
	const char *file;
	struct script *script;
	struct arena *arena;
	struct job *job;
	const char *path;	/* "backup.when" */
	struct err *e;
};

/* Applets that a job must not be: they start others, or never end. */
static const char *const refused[] = { "supervise", "agent", "job", "setup",
	"install", "start", "stop" };

static int wrong(const struct reader *r, const char *what)
{
	return err_set(r->e, ERR_PERMANENT, "%s: %s: must be %s", r->file,
		r->path, what);
}

/* A line of text, in the arena; NULL: it is none. */
static const char *line(const struct reader *r, const struct script_value *v)
{
	if (v->type != SCRIPT_TEXT || v->text.n == 0 || v->text.n > 500 ||
	    !utf8_valid(v->text))
		return NULL;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] < ' ')
			return NULL;
	return arena_string(r->arena, v->text);
}

static int set_about(struct reader *r, const struct script_value *v)
{
	r->job->about = line(r, v);
	return r->job->about ? 0 : wrong(r, "a line of text");
}

static int set_when(struct reader *r, const struct script_value *v)
{
	struct err why;

	r->job->when_text = line(r, v);
	if (r->job->when_text == NULL)
		return wrong(r, "a text such as \"daily 03:30\"");
	if (when_parse(v->text, &r->job->when, &why) < 0)
		return err_set(r->e, ERR_PERMANENT, "%s: %s: %s", r->file,
			r->path, why.text);
	return 0;
}

static int set_zone(struct reader *r, const struct script_value *v)
{
	r->job->zone = line(r, v);
	return r->job->zone && when_zone(r->job->zone) ? 0 : wrong(r, "a time "
		"zone such as \"Europe/Berlin\"");
}

static int set_command(struct reader *r, const struct script_value *v)
{
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 0;
	const char **words = arena_array(r->arena, JOB_WORDS_MAX + 1,
		sizeof(*words));

	if (n == 0 || n > JOB_WORDS_MAX)
		return wrong(r, "a list of words, as in { \"backup\", "
			"\"--keep\", \"7\" }");
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);

		words[i] = line(r, &one);
		if (words[i] == NULL)
			return wrong(r, "a list of words");
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (strcmp(words[0], refused[i]) == 0)
			return wrong(r, "an applet that does something and "
				"ends");
	r->job->command = words;
	return 0;
}

static int set_user(struct reader *r, const struct script_value *v)
{
	r->job->user = line(r, v);
	if (r->job->user && (strcmp(r->job->user, "root") == 0 ||
	    strncmp(r->job->user, "pm-", 3) == 0))
		return 0;
	return wrong(r, "\"root\" or a user \"pm-…\"");
}

static int set_flag(struct reader *r, const struct script_value *v, bool *to)
{
	if (v->type != SCRIPT_BOOL)
		return wrong(r, "true or false");
	*to = v->boolean;
	return 0;
}

static int set_site(struct reader *r, const struct script_value *v)
{
	return set_flag(r, v, &r->job->site);
}

static int set_enabled(struct reader *r, const struct script_value *v)
{
	return set_flag(r, v, &r->job->enabled);
}

static int set_notify(struct reader *r, const struct script_value *v)
{
	return set_flag(r, v, &r->job->notify);
}

/* "30 s", "20 min", "2 h": a day at most. */
static int set_timeout(struct reader *r, const struct script_value *v)
{
	static const struct { const char *name; uint64_t s; } units[] = {
		{ "s", 1 }, { "min", 60 }, { "h", 3600 },
	};
	struct span rest = v->type == SCRIPT_TEXT ? v->text : SPAN(""), count;
	uint64_t n;

	if (span_cut(&rest, ' ', &count) && span_u64(count, DAY_S, &n) && n)
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (span_is(rest, units[i].name) &&
			    n * units[i].s <= DAY_S) {
				r->job->timeout_s = n * units[i].s;
				return 0;
			}
	return wrong(r, "a time such as \"20 min\" or \"2 h\", a day at most");
}

static const struct {
	const char *name;
	int (*set)(struct reader *r, const struct script_value *v);
} keys[] = {
	{ "about", set_about }, { "when", set_when }, { "zone", set_zone },
	{ "command", set_command }, { "user", set_user }, { "site", set_site },
	{ "enabled", set_enabled }, { "notify", set_notify },
	{ "timeout", set_timeout },
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

static int unknown_key(struct reader *r, struct span key)
{
	const char *names[KEYS], *near;

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	near = args_nearest(key, names, KEYS);
	return err_set(r->e, ERR_PERMANENT, "%s: %s: unknown key%s%s%s",
		r->file, r->path, near ? "; did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}

static int read_key(struct reader *r, const struct script_value *t,
	struct span key)
{
	const char *name = arena_string(r->arena, key);
	struct script_value v;

	r->path = arena_printf(r->arena, "%s.%s", r->job->name, name);
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(name, keys[i].name) == 0) {
			v = script_table_get(r->script, t, name);
			return keys[i].set(r, &v);
		}
	return unknown_key(r, key);
}

static bool is_job_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-' &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.n > 0 && s.n <= JOB_NAME_MAX && s.p[0] != '-';
}

/* The one of that name, or a new one; NULL: there are too many. */
static struct job *place(struct jobs *jobs, const char *name)
{
	for (size_t i = 0; i < jobs->n; i++)
		if (strcmp(jobs->v[i].name, name) == 0)
			return &jobs->v[i];
	if (jobs->n == JOBS_MAX)
		return NULL;
	jobs->v[jobs->n] = (struct job){ .name = name, .user = "pm-agent",
		.about = "", .notify = true, .timeout_s = TIMEOUT_S };
	return &jobs->v[jobs->n++];
}

static int read_job(struct reader *r, const struct script_value *file,
	struct span name, struct jobs *jobs)
{
	const char *text = arena_string(r->arena, name);
	struct script_value t = script_table_get(r->script, file, text);
	struct span key;

	if (!is_job_name(name) || t.type != SCRIPT_TABLE)
		return err_set(r->e, ERR_PERMANENT, "%s: %s: must be a name "
			"of a to z, 0 to 9 and \"-\" with a table { when = "
			"…, command = … }", r->file, text);
	r->job = place(jobs, text);
	if (r->job == NULL)
		return err_set(r->e, ERR_PERMANENT, "%s: more than %d jobs",
			r->file, JOBS_MAX);
	for (size_t i = 0; ; i++) {
		key = script_table_key(r->script, &t, i, r->arena);
		if (key.n == 0)
			break;
		if (read_key(r, &t, key) < 0)
			return -1;
	}
	if (r->job->when_text == NULL || r->job->command == NULL)
		return err_set(r->e, ERR_PERMANENT, "%s: %s: %s is missing",
			r->file, text, r->job->when_text ? "command" : "when");
	return 0;
}

static int read_file(struct reader *r, struct span text, struct jobs *jobs)
{
	struct script_value file;
	struct span name;
	int result = -1;

	r->script = script_new(NULL, r->e);
	if (r->script == NULL)
		return -1;
	if (script_run(r->script, r->file, text, &file, r->e) == 0)
		result = file.type == SCRIPT_TABLE ? 0 : err_set(r->e,
			ERR_PERMANENT, "%s: must return a table of jobs",
			r->file);
	for (size_t i = 0; result == 0; i++) {
		name = script_table_key(r->script, &file, i, r->arena);
		if (name.n == 0)
			break;
		result = read_job(r, &file, name, jobs);
	}
	script_free(&r->script);
	return result;
}

/* Those that another version has. */
static void leave_out(struct jobs *jobs)
{
	size_t n = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		jobs->v[i].shipped = true;
		if (applet_find(jobs->v[i].command[0]))
			jobs->v[n++] = jobs->v[i];
	}
	jobs->n = n;
}

static int check_commands(const struct jobs *jobs, struct err *e)
{
	for (size_t i = 0; i < jobs->n; i++)
		if (applet_find(jobs->v[i].command[0]) == NULL)
			return err_set(e, ERR_PERMANENT, JOBS_FILE ": "
				"%s.command: pm has no applet \"%s\"",
				jobs->v[i].name, jobs->v[i].command[0]);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct job *)a)->name,
		((const struct job *)b)->name);
}

int jobs_parse(struct span shipped, struct span site, struct arena *a,
	struct jobs *jobs_r, struct err *e)
{
	struct reader r = { .file = SHIPPED, .arena = a, .e = e };

	jobs_r->n = 0;
	if (read_file(&r, shipped, jobs_r) < 0)
		return -1;
	leave_out(jobs_r);
	r.file = JOBS_FILE;
	if (site.n && (read_file(&r, site, jobs_r) < 0 ||
	    check_commands(jobs_r, e) < 0))
		return -1;
	qsort(jobs_r->v, jobs_r->n, sizeof(*jobs_r->v), by_name);
	return 0;
}

/* What root runs is written by root alone. */
static int check_owner(struct err *e)
{
	struct stat st;

	if (stat(JOBS_FILE, &st) < 0)
		return err_errno(e, ERR_PERMANENT, JOBS_FILE);
	if ((st.st_uid == 0 || st.st_uid == geteuid()) &&
	    (st.st_mode & 022) == 0)
		return 0;
	return err_set(e, ERR_PERMANENT, JOBS_FILE ": others than its owner "
		"root may write it: chown root, chmod go-w");
}

int jobs_load(struct arena *a, struct jobs *jobs_r, struct err *e)
{
	struct buf site = { .arena = a };

	if (access(JOBS_FILE, F_OK) == 0) {
		if (check_owner(e) < 0 ||
		    io_slurp(JOBS_FILE, FILE_MAX, &site, e) < 0)
			return -1;
	} else if (errno != ENOENT) {
		return err_errno(e, ERR_PERMANENT, JOBS_FILE);
	}
	return jobs_parse(embed_file(SHIPPED), buf_bytes(&site), a, jobs_r, e);
}

const struct job *jobs_find(const struct jobs *jobs, struct span name,
	struct err *e)
{
	const char *names[JOBS_MAX], *near;

	for (size_t i = 0; i < jobs->n; i++) {
		if (span_is(name, jobs->v[i].name))
			return &jobs->v[i];
		names[i] = jobs->v[i].name;
	}
	near = args_nearest(name, names, jobs->n);
	err_set(e, ERR_PERMANENT, "there is no job \"%.*s\"%s%s%s", name.n >
		60 ? 60 : (int)name.n, (const char *)name.p, near ? ": did you "
		"mean \"" : ": pm job list shows them", near ? near : "",
		near ? "\"?" : "");
	return NULL;
}

const char *job_command_text(const struct job *j, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; j->command[i]; i++)
		buf_printf(&b, "%s%s", i ? " " : "", j->command[i]);
	return buf_c(&b);
}
