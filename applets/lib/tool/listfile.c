#include "tool/listfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "mail/casefold.h"
#include "engine/list.h"

enum { PATTERNS_MEMORY = 64 << 20 };

/* What stands before a comment, without the blanks around it. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' ||
		    line.p[i - 1] == '\t'))
			return span_trim(span_sub(line, 0, i));
	return span_trim(line);
}

bool listfile_next(struct span *rest, uint32_t *line,
	struct listfile_entry *entry_r)
{
	struct span s;

	while (span_line(rest, &s)) {
		++*line;
		s = without_comment(s);
		if (s.n == 0)
			continue;
		*entry_r = (struct listfile_entry){ s, *line };
		return true;
	}
	return false;
}

/* Up to its first blank. */
static struct span first_word(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	return span_sub(s, 0, n);
}

struct span listfile_key(unsigned type, struct span entry, struct arena *a)
{
	if (type & LIST_MAP)
		entry = first_word(entry);
	if ((type & ~(unsigned)LIST_MAP) == LIST_RE)
		return entry;
	return casefold(entry, a);
}

static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		memchr("-_.+=", c, 5);
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_name_byte(s.p[i]))
			return false;
	return s.n && s.p[0] != '.' && s.p[0] != '-';
}

/* local@domain, of which a file name can be made. */
static bool is_user(struct span s)
{
	size_t at = span_rchr(s, '@');

	return at != SIZE_MAX && is_name(span_sub(s, 0, at)) &&
		is_name(span_after(s, at + 1));
}

static const char *lower(const char *text, struct arena *a)
{
	char *s = arena_printf(a, "%s", text);

	for (char *c = s; *c; c++)
		*c = (char)span_lower((unsigned char)*c);
	return s;
}

int listfile_name(const char *list, const char *user, struct arena *a,
	const char **name_r, struct err *e)
{
	list = lower(list, a);
	if (!is_name(span_of(list)) ||
	    strlen(list) > LISTFILE_NAME_MAX)
		return err_set(e, ERR_PERMANENT, "\"%s\" is no name of a "
			"list: letters, digits, - _ . + and =", list);
	*name_r = list;
	if (user == NULL)
		return 0;
	user = lower(user, a);
	if (!is_user(span_of(user)) || strlen(user) > LISTFILE_NAME_MAX)
		return err_set(e, ERR_PERMANENT, "\"%s\" is no address of a "
			"user", user);
	*name_r = arena_printf(a, "%s#%s", list, user);
	return 0;
}

int listfile_read(const char *name, bool draft, struct buf *text,
	bool *there_r, struct err *e)
{
	char path[sizeof(ROOT_LISTS) + 2 * LISTFILE_NAME_MAX + 3];

	if (!draft)
		return publish_read_list(name, text, there_r, e);
	snprintf(path, sizeof(path), ROOT_LISTS "/%s", name);
	*there_r = access(path, F_OK) == 0;
	if (!*there_r && errno == ENOENT)
		return 0;
	*there_r = true;
	return io_slurp(path, LISTFILE_MAX, text, e);
}

int listfile_compile(const char *name, struct span text, struct buf *image,
	struct err *e)
{
	size_t before = image->n;
	struct pattern_room *room;
	struct arena *a;
	struct err why = { 0 };
	struct span made;
	bool good = true;

	if (list_compile(text, name, image, e) < 0)
		return -1;
	made = span_after(buf_bytes(image), before);
	if (!list_has_patterns(made))
		return 0;
	room = pattern_room_new(e);
	if (room == NULL)
		return -1;
	a = arena_new("patterns of a list", PATTERNS_MEMORY);
	good = list_patterns_new(made, name, a, room, &why) != NULL;
	pattern_room_free(&room);
	arena_free(&a);
	return good ? 0 : err_set(e, ERR_PERMANENT, "%s", why.text);
}
