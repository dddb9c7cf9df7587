#include "import.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/io.h"
#include "base/map.h"
#include "base/root.h"
#include "base/utf8.h"
#include "command.h"
#include "engine/list.h"

enum { TOLD_MAX = 100, SHOWN_MAX = 200 };

static const struct import_format formats[] = {
	{ "pm", import_plain }, { "puremessage", import_plain },
	{ "pmg", import_pmg }, { "mailwatch", import_mailwatch },
	{ "rspamd", import_rspamd },
};

enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

void import_take(struct import *im, struct span text, struct span user,
	uint32_t line)
{
	struct import_entry *entry = arena_alloc(im->a, sizeof(*entry));

	*entry = (struct import_entry){ text, user, line, NULL };
	*im->last = entry;
	im->last = &entry->next;
	im->n++;
}

void import_refuse(struct import *im, uint32_t line, struct span text,
	const char *why)
{
	char shown[SHOWN_MAX];

	im->refused++;
	if (im->refused > TOLD_MAX)
		return;
	utf8_printable(text, shown, sizeof(shown));
	fprintf(stderr, "%s:%u: %s %s\n", im->file, line, shown, why);
}

static const struct import_format *find_format(const char *name,
	struct err *e)
{
	const char *names[FORMATS], *near;

	for (size_t i = 0; i < FORMATS; i++) {
		names[i] = formats[i].name;
		if (strcmp(names[i], name) == 0)
			return &formats[i];
	}
	near = args_nearest(span_of(name), names, FORMATS);
	err_set(e, ERR_PERMANENT, "--from %s: is no format%s%s%s", name,
		near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
	return NULL;
}

/* --- reading ------------------------------------------------------------- */

static int read_file(struct import *im, const struct import_format *f,
	const char *path, struct span user, struct err *e)
{
	struct buf text = { .arena = im->a };
	struct import_entry **from = im->last;

	im->file = path;
	if (io_slurp(strcmp(path, "-") ? path : "/dev/stdin", LISTFILE_MAX,
			&text, e) < 0)
		return -1;
	if (!f->read(im, buf_bytes(&text)))
		return err_set(e, ERR_PERMANENT, "%s: %s", path, im->why ?
			im->why : arena_printf(im->a, "this is not what %s "
			"writes", f->name));
	for (struct import_entry *i = *from; user.n && i; i = i->next)
		i->user = user;
	return 0;
}

/* A file for each user. */
static int read_folder(struct import *im, const struct import_format *f,
	const char *path, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (d == NULL)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	while (result == 0 && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			result = read_file(im, f, arena_printf(im->a, "%s/%s",
				path, entry->d_name), span_of(arena_printf(
				im->a, "%s", entry->d_name)), e);
	closedir(d);
	return result;
}

/* --- taking -------------------------------------------------------------- */

/* The entries of one user, or of everybody. */
struct share {
	const char *name;	/* of the list that gets them */
	struct span *v;
	size_t n, room;
	struct share *next;
};

static struct share *share_of(struct import *im, const struct list_command *c,
	struct map *known, struct share **first, struct import_entry *entry)
{
	struct share *s = map_get(known, entry->user.n ? entry->user :
		SPAN("\n"));
	const char *user = entry->user.n ? arena_string(im->a, entry->user) :
		c->o->user;
	struct err why;

	if (s)
		return s;
	s = arena_alloc(im->a, sizeof(*s));
	*s = (struct share){ .next = *first };
	if (listfile_name(c->args->rest[1], user, im->a, &s->name, &why) < 0) {
		import_refuse(im, entry->line, entry->user,
			"is no address of a user");
		return NULL;
	}
	*first = s;
	map_put(known, entry->user.n ? entry->user : SPAN("\n"), s);
	return s;
}

static void put(struct share *s, struct span text, struct arena *a)
{
	if (s->n == s->room) {
		struct span *more;

		s->room = s->room ? s->room * 2 : 16;
		more = arena_array(a, s->room, sizeof(*more));
		if (s->n)
			memcpy(more, s->v, s->n * sizeof(*more));
		s->v = more;
	}
	s->v[s->n++] = text;
}

/* Would the list have it? Alone, as it is of the list's type. */
static bool fits(struct import *im, const char *type,
	const struct import_entry *entry)
{
	struct buf text = { .arena = im->a }, image = { .arena = im->a };
	struct err why;
	const char *reason;

	buf_printf(&text, "%s%.*s\n", type, SPAN_FMT(entry->text));
	if (listfile_compile("-", buf_bytes(&text), &image, &why) == 0)
		return true;
	reason = strstr(why.text, ": ");
	import_refuse(im, entry->line, entry->text, reason ? reason + 2 :
		why.text);
	return false;
}

static struct share *sort_entries(struct import *im,
	const struct list_command *c, const char *type)
{
	struct map *known = map_new(im->a);
	struct share *first = NULL;

	for (struct import_entry *i = im->first; i; i = i->next) {
		struct share *s;

		if (!fits(im, type, i))
			continue;
		s = share_of(im, c, known, &first, i);
		if (s)
			put(s, i->text, im->a);
	}
	return first;
}

static int apply(const struct list_command *c, struct import *im,
	const struct share *first, struct err *e)
{
	struct listfile_result all = { 0 }, r;

	for (const struct share *s = first; s; s = s->next) {
		struct listfile_change l = { .name = s->name, .add = s->v,
			.nadd = s->n, .lenient = true, .draft = c->o->draft };

		if (listfile_apply(&l, &r, e) < 0)
			return -1;
		all.added += r.added;
		all.there += r.there;
		if (r.published) {
			all.published = true;
			all.generation = r.generation;
		}
	}
	list_tell(c, &all);
	if (im->refused)
		fprintf(stderr, "%zu could not be taken\n", im->refused);
	return im->refused && all.added == 0 ? EXIT_NO : EXIT_DONE;
}

static void tell_plan(const struct import *im, const struct share *first)
{
	for (const struct share *s = first; s; s = s->next)
		printf("%s: %zu entries\n", s->name, s->n);
	if (im->refused)
		printf("%zu could not be taken\n", im->refused);
}

/* "#pm type=hosts\n" as the list has it, or as it shall be made. */
static int type_line(const struct list_command *c, const char **line_r,
	bool *patterns_r, struct err *e)
{
	struct buf text = { .arena = c->a }, image = { .arena = c->a };
	bool there;
	unsigned type;

	if (listfile_read(c->name, true, &text, &there, e) < 0)
		return -1;
	if (!there && c->o->type)
		return err_set(e, ERR_PERMANENT, "there is no list \"%s\": pm "
			"list create makes one of that type", c->name);
	if (listfile_compile(c->name, buf_bytes(&text), &image, e) < 0)
		return -1;
	type = list_type(buf_bytes(&image));
	*patterns_r = (type & ~(unsigned)LIST_MAP) == LIST_RE;
	*line_r = type == LIST_MIXED ? "" : arena_printf(c->a,
		"#pm type=%s\n", list_type_name(type));
	return 0;
}

int list_import(const struct list_command *c, struct err *e)
{
	const struct import_format *f = find_format(c->o->from ? c->o->from :
		"pm", e);
	struct import im = { .a = c->a, .group = c->o->group };
	const char *path = c->args->rest[2], *type = "";
	const struct share *first;
	struct stat st;
	int here;

	im.last = &im.first;
	if (f == NULL || root_enter(c->args->root, &here, e) < 0 ||
	    type_line(c, &type, &im.patterns, e) < 0)
		return -1;
	if (fchdir(here) < 0)
		return err_errno(e, ERR_PERMANENT, "the working folder");
	if ((stat(path, &st) == 0 && S_ISDIR(st.st_mode) ?
	     read_folder(&im, f, path, e) :
	     read_file(&im, f, path, SPAN(""), e)) < 0 ||
	    root_enter(c->args->root, NULL, e) < 0)
		return -1;
	first = sort_entries(&im, c, type);
	if (!c->o->dry_run)
		return apply(c, &im, first, e);
	tell_plan(&im, first);
	return EXIT_DONE;
}
