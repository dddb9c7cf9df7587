#include "dnslist.h"

#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "role/life.h"

enum { SWITCHES_MAX = 64 << 10, KEYS_MAX = 64 << 10, WORD_MAX_BYTES = 100 };

static const char head[] =
	"-- Written by pm dnslist enable and disable: one line for each list.\n"
	"return {\n";

/* Other lists keep their lines. */
static int keep_lines(struct span name, struct arena *a, struct buf *b,
	struct err *e)
{
	struct buf old = { .arena = a };
	struct span own = span_of(arena_printf(a, "\t{ \"%.*s\", ",
		SPAN_FMT(name)));
	struct span rest, line;

	if (access(DNSLIST_SWITCHES, F_OK) < 0)
		return 0;
	if (io_slurp(DNSLIST_SWITCHES, SWITCHES_MAX, &old, e) < 0)
		return -1;
	rest = buf_bytes(&old);
	while (span_line(&rest, &line))
		if (span_starts(line, SPAN("\t{ \"")) &&
		    !span_starts(line, own)) {
			buf_span(b, line);
			buf_byte(b, '\n');
		}
	return 0;
}

int dnslist_switch(const struct dnslist_site *s, const char *name, bool on,
	struct arena *a, struct err *e)
{
	const struct dnstable_list *l = dnslist_named(s, name, a, e);
	struct buf b = { .arena = a };

	if (l == NULL)
		return -1;
	buf_string(&b, head);
	if (keep_lines(l->name, a, &b, e) < 0)
		return -1;
	buf_printf(&b, "\t{ \"%.*s\", enabled = %s },\n}\n",
		SPAN_FMT(l->name), on ? "true" : "false");
	if (io_mkdirs(ROOT_POLICY "/dnslists", 0755, e) < 0 ||
	    io_replace_file(DNSLIST_SWITCHES, 0644, buf_bytes(&b), e) < 0)
		return -1;
	printf("%s is %s in the draft: pm policy publish puts it in force\n",
		name, on ? "on" : "off");
	if (on && l->terms.n)
		printf("its terms of use: %.*s\n", SPAN_FMT(l->terms));
	if (on && l->asked.n == 0)
		printf("it wants a key: pm dnslist key %.*s\n",
			SPAN_FMT(dnstable_key(l->zone)));
	return 0;
}

/* --- keys ---------------------------------------------------------------- */

/* Does any list want a key of that name? */
static bool is_wanted(const struct dnslist_site *s, const char *name)
{
	for (size_t i = 0; i < s->table.nlists; i++)
		if (span_is(dnstable_key(s->table.lists[i].zone), name))
			return true;
	return false;
}

static bool is_word(struct span word)
{
	for (size_t i = 0; i < word.n; i++) {
		unsigned char c = span_lower(word.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return word.n && word.n <= WORD_MAX_BYTES;
}

/* For the roles only. */
static int replace_keys(struct span text, struct err *e)
{
	const struct group *g = getgrnam(LIFE_GROUP);

	if (io_replace_file(DNSTABLE_KEYS, 0640, text, e) < 0)
		return -1;
	if (geteuid() == 0 && g && chown(DNSTABLE_KEYS, 0, g->gr_gid) < 0)
		return err_errno(e, ERR_PERMANENT, DNSTABLE_KEYS
			": cannot give it to the group " LIFE_GROUP);
	return 0;
}

int dnslist_write_key(const struct dnslist_site *s, const char *name,
	struct arena *a, struct err *e)
{
	struct buf old = { .arena = a }, b = { .arena = a };
	struct span rest, line, own = span_of(arena_printf(a, "%s ", name));
	char text[WORD_MAX_BYTES + 3];
	struct span word;

	if (!is_wanted(s, name))
		return err_set(e, ERR_PERMANENT, "no list wants a key %s: pm "
			"dnslist list shows them as {KEY}", name);
	if (access(DNSTABLE_KEYS, F_OK) == 0 &&
	    io_slurp(DNSTABLE_KEYS, KEYS_MAX, &old, e) < 0)
		return -1;
	word = fgets(text, sizeof(text), stdin) ? span_trim(span_of(text)) :
		SPAN("");
	if (!is_word(word))
		return err_set(e, ERR_PERMANENT, "the key is one line on "
			"standard input: letters, digits and hyphens");
	rest = buf_bytes(&old);
	while (span_line(&rest, &line))
		if (!span_starts(line, own)) {
			buf_span(&b, line);
			buf_byte(&b, '\n');
		}
	buf_printf(&b, "%s %.*s\n", name, SPAN_FMT(word));
	if (replace_keys(buf_bytes(&b), e) < 0)
		return -1;
	printf("the key %s is kept: pm reload filter puts it in force\n",
		name);
	return 0;
}
