/*
 * What is in the files of a message: macros, encrypted archives, programs and
 * the like; and what could not be looked into. Weight 0 until it has been
 * measured.
 */
#include "engine/check.h"

/* "FILE_MACRO" of "macro". */
static const char *hit_name(struct facts *f, const char *word)
{
	char *name = arena_printf(f->arena, "FILE_%s", word);

	for (char *c = name; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (*c == '-')
			*c = '_';
	}
	return name;
}

/* The name of a part that has the flag, or what it is called at all. */
static struct span evidence(struct facts *f, unsigned flag)
{
	for (size_t i = 0; i < f->mime.n; i++)
		if (f->parts[i].files && f->parts[i].files->flags & flag)
			return f->parts[i].mime->name.n ?
				f->parts[i].mime->name :
				f->parts[i].mime->type;
	return SPAN("");
}

/* A program under the name of a picture, and the like. */
static void look_at_name(struct facts *f, enum type_id is, struct span name)
{
	enum type_family says = type_family(type_of_name(name));

	if (type_family(is) == FAMILY_PROGRAM && says != FAMILY_PROGRAM &&
	    says != FAMILY_SCRIPT && says != FAMILY_UNKNOWN)
		facts_hit(f, "FILE_DISGUISED", 0, name);
}

static unsigned look_at_part(struct facts *f, size_t i)
{
	const struct file_facts *files = facts_files(f, i);

	look_at_name(f, type_of(facts_content(f, i)),
		f->parts[i].mime->name);
	for (size_t k = 0; k < files->nmembers; k++)
		look_at_name(f, files->members[k].type,
			files->members[k].path);
	return files->flags;
}

static unsigned look_at_parts(struct facts *f)
{
	unsigned all = 0;

	for (size_t i = 0; i < f->mime.n; i++)
		if (mime_is_leaf(f->parts[i].mime))
			all |= look_at_part(f, i);
	return all;
}

static enum check_state files_run(struct facts *f)
{
	size_t before = f->nhits;
	unsigned all = look_at_parts(f);

	for (unsigned flag = 1; flag; flag <<= 1) {
		const char *word = filefacts_word(all & flag, 0);

		if (word)
			facts_hit(f, hit_name(f, word), 0, evidence(f, flag));
	}
	if (facts_flags(f) & (MAIL_UNSCAN_ARCHIVE | MAIL_PARTIAL))
		facts_hit(f, "UNSCANNABLE", 0,
			SPAN("a part cannot be looked into"));
	if (facts_over(f))
		facts_hit(f, "OVER_LIMIT", 0,
			SPAN("a part is over a limit of the parsers"));
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check files_check = {
	.name = "files",
	.stage = CHECK_LOCAL,
	.run = files_run,
};
