#include "tool/listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"
#include "base/map.h"
#include "base/root.h"
#include "engine/list.h"

enum { MEMORY = 2000 << 20, MODE = 0644, MESSAGE_MAX = 400 };

/* One text under a change. */
struct edit {
	const char *name;
	const struct listfile_change *change;
	struct arena *a;
	unsigned type;
	struct map *there;	/* key → listfile_entry */
	struct listfile_result *r;
	struct err *e;
};

/* The types that its first line and its entries say. */
static int look_up(struct edit *ed, struct span text)
{
	struct buf image = { .arena = ed->a };
	struct listfile_entry entry;
	uint32_t line = 0;

	if (listfile_compile(ed->name, text, &image, ed->e) < 0)
		return -1;
	ed->type = list_type(buf_bytes(&image));
	ed->there = map_new(ed->a);
	while (listfile_next(&text, &line, &entry)) {
		struct listfile_entry *kept = arena_alloc(ed->a,
			sizeof(*kept));

		*kept = entry;
		map_put(ed->there, listfile_key(ed->type, entry.text, ed->a),
			kept);
	}
	return 0;
}

/* Fails unless what is there, or not there, is no matter. */
static int check_wishes(struct edit *ed)
{
	const struct listfile_change *c = ed->change;
	const struct listfile_entry *old;

	for (size_t i = 0; i < c->nadd && !c->lenient; i++) {
		old = map_get(ed->there, listfile_key(ed->type, c->add[i],
			ed->a));
		if (old)
			return err_set(ed->e, ERR_PERMANENT, "%s: %.*s is on "
				"the list already (line %u)", ed->name,
				SPAN_FMT(c->add[i]), old->line);
	}
	for (size_t i = 0; i < c->nremove && !c->lenient; i++)
		if (map_get(ed->there, listfile_key(ed->type, c->remove[i],
				ed->a)) == NULL)
			return err_set(ed->e, ERR_PERMANENT, "%s: %.*s is not "
				"on the list", ed->name,
				SPAN_FMT(c->remove[i]));
	return 0;
}

/* All lines but those that go. */
static void copy_lines(struct edit *ed, struct span text, struct buf *out)
{
	const struct listfile_change *c = ed->change;
	struct map *gone = map_new(ed->a);
	struct span line;

	for (size_t i = 0; i < c->nremove; i++)
		map_put(gone, listfile_key(ed->type, c->remove[i], ed->a),
			ed);
	while (span_line(&text, &line)) {
		struct listfile_entry entry;
		struct span one = line;
		uint32_t number = 0;

		if (c->nremove && listfile_next(&one, &number, &entry) &&
		    map_get(gone, listfile_key(ed->type, entry.text, ed->a))) {
			ed->r->removed++;
			continue;
		}
		buf_span(out, line);
		buf_byte(out, '\n');
	}
	ed->r->absent = c->nremove > ed->r->removed ?
		c->nremove - ed->r->removed : 0;
}

static void append_new(struct edit *ed, struct buf *out)
{
	const struct listfile_change *c = ed->change;

	for (size_t i = 0; i < c->nadd; i++) {
		struct span key = listfile_key(ed->type, c->add[i], ed->a);

		if (map_get(ed->there, key)) {
			ed->r->there++;
			continue;
		}
		map_put(ed->there, key, ed);
		buf_span(out, c->add[i]);
		buf_byte(out, '\n');
		ed->r->added++;
	}
}

/* The new text, which compiles. */
static int edit_text(const struct listfile_change *c, struct span text,
	struct arena *a, struct buf *out, struct listfile_result *r,
	struct err *e)
{
	struct edit ed = { c->name, c, a, 0, NULL, r, e };
	struct buf image = { .arena = a };

	*r = (struct listfile_result){ 0 };
	if (look_up(&ed, text) < 0 || check_wishes(&ed) < 0)
		return -1;
	copy_lines(&ed, text, out);
	append_new(&ed, out);
	return listfile_compile(c->name, buf_bytes(out), &image, e);
}

/* --- file and generation ------------------------------------------------- */

static int lock_lists(struct err *e)
{
	int fd = open(ROOT_LISTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err_errno(e, ERR_PERMANENT, ROOT_LISTS ": cannot lock it");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* p NULL: it goes. */
static int write_file(const char *name, struct span text, struct err *e)
{
	char path[sizeof(ROOT_LISTS) + 2 * LISTFILE_NAME_MAX + 3];

	snprintf(path, sizeof(path), ROOT_LISTS "/%s", name);
	if (text.p)
		return io_replace_file(path, MODE, text, e);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	return io_sync_dir(ROOT_LISTS);
}

/* File first; it gets its old text back when the other cannot be. */
static int put_both(const char *name, struct span old, struct span draft,
	struct span active, const char *who, const char *message,
	struct listfile_result *r, struct err *e)
{
	struct err unused;

	if (write_file(name, draft, e) < 0)
		return -1;
	if (publish_list(name, who, message, active, &r->generation, e) < 0) {
		write_file(name, old, &unused);
		return -1;
	}
	r->published = true;
	return 0;
}

static struct span text_of(const struct buf *b, bool there)
{
	if (!there)
		return (struct span){ NULL, 0 };
	return b->n ? buf_bytes(b) : SPAN("");
}

/* What the site had in force until now, changed in the same way. */
static int edit_active(const struct listfile_change *c, struct arena *a,
	struct buf *out, struct err *e)
{
	struct listfile_change lenient = *c;
	struct listfile_result unused;
	struct buf text = { .arena = a };
	bool there;

	lenient.lenient = true;
	return listfile_read(c->name, false, &text, &there, e) < 0 ? -1 :
		edit_text(&lenient, buf_bytes(&text), a, out, &unused, e);
}

static int apply_locked(const struct listfile_change *c, struct arena *a,
	struct listfile_result *r, struct err *e)
{
	struct buf text = { .arena = a }, draft = { .arena = a };
	struct buf active = { .arena = a };
	char message[MESSAGE_MAX];
	bool there;

	if (listfile_read(c->name, true, &text, &there, e) < 0 ||
	    edit_text(c, buf_bytes(&text), a, &draft, r, e) < 0)
		return -1;
	if (r->added == 0 && r->removed == 0)
		return 0;
	if (c->draft)
		return write_file(c->name, text_of(&draft, true), e);
	if (edit_active(c, a, &active, e) < 0)
		return -1;
	snprintf(message, sizeof(message), "list %s: +%zu -%zu", c->name,
		r->added, r->removed);
	return put_both(c->name, text_of(&text, there),
		text_of(&draft, true), text_of(&active, true), c->who,
		message, r, e);
}

int listfile_apply(const struct listfile_change *c,
	struct listfile_result *r, struct err *e)
{
	struct arena *a = arena_new("change of a list", MEMORY);
	int lock = lock_lists(e);
	int result = lock < 0 ? -1 : apply_locked(c, a, r, e);

	if (lock >= 0)
		close(lock);
	arena_free(&a);
	return result;
}

int listfile_replace(const char *name, struct span text, const char *who,
	const char *message, struct listfile_result *r, struct err *e)
{
	struct arena *a = arena_new("change of a list", MEMORY);
	struct buf old = { .arena = a }, image = { .arena = a };
	int lock = lock_lists(e);
	int result = lock < 0 ? -1 : 0;
	bool there = false;

	*r = (struct listfile_result){ 0 };
	if (result == 0 && text.p)
		result = listfile_compile(name, text, &image, e);
	if (result == 0)
		result = listfile_read(name, true, &old, &there, e);
	if (result == 0)
		result = put_both(name, text_of(&old, there), text, text, who,
			message, r, e);
	if (lock >= 0)
		close(lock);
	arena_free(&a);
	return result;
}
