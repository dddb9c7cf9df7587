/*
 * What the header may deceive with: a name that holds another address, turns
 * or hides text, and a date that cannot be. Weight 0 until it has been
 * measured.
 */
#include "engine/check.h"
#include "mail/date.h"

enum { DATE_MOST_DAYS = 3 };

static const struct {
	enum address_name flag;
	const char *name;
} names[] = {
	{ ADDRESS_NAME_OTHER, "FROM_NAME_ADDRESS" },
	{ ADDRESS_NAME_BIDI, "FROM_NAME_BIDI" },
	{ ADDRESS_NAME_HIDDEN, "FROM_NAME_HIDDEN" },
	{ ADDRESS_NAME_CONTROL, "FROM_NAME_CONTROL" },
	{ ADDRESS_NAME_BAD, "FROM_NAME_BAD" },
};

/* Each once, of whichever author. */
static void look_at_names(struct facts *f)
{
	unsigned seen = 0;

	for (size_t i = 0; i < f->nauthors; i++) {
		unsigned flags = address_name(&f->authors[i],
			f->arena) & ~seen;

		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
			if (flags & names[n].flag)
				facts_hit(f, names[n].name, 0, address_show(
					&f->authors[i], f->arena));
		seen |= flags;
	}
}

static void look_at_date(struct facts *f)
{
	const struct header_field *field = header_find(
		&f->mime.root->header, SPAN("Date"), 1);
	struct span value;
	struct date d;
	unsigned far;

	if (field == NULL)
		return;
	value = header_unfold(field->value, f->arena);
	if (!date_parse(value, &d) || d.flags & DATE_IMPOSSIBLE) {
		facts_hit(f, "DATE_INVALID", 0, value);
		return;
	}
	far = date_far(&d, f->env->received_ms,
		(int64_t)DATE_MOST_DAYS * 24 * 3600 * 1000);
	if (far)
		facts_hit(f, far & DATE_FUTURE ? "DATE_FUTURE" : "DATE_PAST",
			0, value);
}

static enum check_state header_run(struct facts *f)
{
	size_t before = f->nhits;

	look_at_names(f);
	look_at_date(f);
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check header_check = {
	.name = "header",
	.stage = CHECK_LOCAL,
	.run = header_run,
};
