#include "command.h"

#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "engine/list.h"

void list_tell(const struct list_command *c, const struct listfile_result *r)
{
	struct buf b = { .arena = c->a };

	if (r->added)
		buf_printf(&b, "%zu added", r->added);
	if (r->removed)
		buf_printf(&b, "%s%zu removed", b.n ? ", " : "", r->removed);
	if (r->there)
		buf_printf(&b, "%s%zu there already", b.n ? ", " : "",
			r->there);
	if (b.n == 0)
		buf_string(&b, r->published ? "changed" : "nothing to change");
	if (r->published) {
		buf_string(&b, ": ");
		publish_tell(&r->generation, &b);
	} else if (c->o->draft && (r->added || r->removed)) {
		buf_string(&b, " in the draft; in force after pm policy "
			"publish");
	}
	puts(buf_c(&b));
}

/* What is one argument is one entry, without line ends. */
static int read_entries(const struct list_command *c, struct span **v_r,
	size_t *n_r, struct err *e)
{
	*n_r = c->args->n - 2;
	*v_r = arena_array(c->a, *n_r, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++) {
		struct span s = span_of(c->args->rest[i + 2]);
		struct listfile_entry entry;
		uint32_t line = 0;

		/* A comment behind it is none of it. */
		if (span_chr(s, '\n') != SIZE_MAX ||
		    !listfile_next(&s, &line, &entry))
			return err_set(e, ERR_PERMANENT, "\"%s\" is no entry "
				"of a list", c->args->rest[i + 2]);
		(*v_r)[i] = entry.text;
	}
	return 0;
}

static int change(const struct list_command *c, struct listfile_change *l,
	struct err *e)
{
	struct listfile_result r;

	l->name = c->name;
	l->draft = c->o->draft;
	if (listfile_apply(l, &r, e) < 0)
		return -1;
	list_tell(c, &r);
	return EXIT_DONE;
}

int list_add(const struct list_command *c, struct err *e)
{
	struct listfile_change l = { 0 };
	struct span *v;

	if (read_entries(c, &v, &l.nadd, e) < 0)
		return -1;
	l.add = v;
	return change(c, &l, e);
}

int list_remove(const struct list_command *c, struct err *e)
{
	struct listfile_change l = { 0 };
	struct span *v;

	if (read_entries(c, &v, &l.nremove, e) < 0)
		return -1;
	l.remove = v;
	return change(c, &l, e);
}

int list_create(const struct list_command *c, struct err *e)
{
	struct buf old = { .arena = c->a }, b = { .arena = c->a };
	struct listfile_result r;
	bool draft, active;

	if (listfile_read(c->name, true, &old, &draft, e) < 0 ||
	    listfile_read(c->name, false, &old, &active, e) < 0)
		return -1;
	if (draft || active)
		return err_set(e, ERR_PERMANENT, "there is a list \"%s\" "
			"already", c->name);
	if (c->o->type)
		buf_printf(&b, "#pm type=%s\n", c->o->type);
	if (c->o->about)
		buf_printf(&b, "# %s\n", c->o->about);
	if (listfile_replace(c->name, b.n ? buf_bytes(&b) : SPAN(""), NULL,
			arena_printf(c->a, "list %s: made", c->name), &r,
			e) < 0)
		return -1;
	list_tell(c, &r);
	return EXIT_DONE;
}

int list_delete(const struct list_command *c, struct err *e)
{
	struct buf old = { .arena = c->a };
	struct listfile_result r;

	if (list_text(c, &old, e) < 0 ||
	    listfile_replace(c->name, (struct span){ NULL, 0 }, NULL,
			arena_printf(c->a, "list %s: gone", c->name), &r,
			e) < 0)
		return -1;
	list_tell(c, &r);
	return EXIT_DONE;
}
