/*
 * plan:drop: attachments that give way to a note, and are kept.
 */
#include "engine/policy_plan.h"

#include "base/utf8.h"
#include "engine/policy_view.h"
#include "engine/policy_where.h"

enum { NAME_SHOWN_MAX = 200, NOTE_MAX = 8 << 10 };

#define NAME_VARIABLE SPAN("%%ATTACHMENT_NAME%%")
#define DEFAULT_NOTE SPAN("The attachment \"%%ATTACHMENT_NAME%%\" was " \
	"removed from this message.\n")
#define DEFAULT_KEEP SPAN("Attachment")

static const char usage[] = "plan:drop(att, { text = \"TEXT\" })";

struct options {
	struct span text, keep;		/* keep empty: no copy */
};

static bool read_text(struct script_call *c, struct span *s_r)
{
	struct script_value v = script_table_get(c->script, &c->args[1],
		"text");

	if (v.type == SCRIPT_NIL)
		return true;
	if (v.type == SCRIPT_TEXT && v.text.n <= NOTE_MAX &&
	    span_chr(v.text, 0) == SIZE_MAX && utf8_valid(v.text)) {
		*s_r = v.text;
		return true;
	}
	err_set(&c->error, ERR_PERMANENT, "drop: text is a text of at most "
		"%d bytes, UTF-8", NOTE_MAX);
	return false;
}

/* false: it is not kept. */
static bool read_keep(struct script_call *c, struct span *s_r)
{
	struct script_value v = script_table_get(c->script, &c->args[1],
		"keep");

	if (v.type == SCRIPT_NIL)
		return true;
	if (v.type == SCRIPT_BOOL && !v.boolean) {
		*s_r = SPAN("");
		return true;
	}
	if (v.type == SCRIPT_TEXT && v.text.n) {
		*s_r = v.text;
		return true;
	}
	err_set(&c->error, ERR_PERMANENT, "drop: keep is a reason for the "
		"quarantine, or false");
	return false;
}

static bool only_known(struct script_call *c, struct policy_host *h)
{
	struct span key;

	for (size_t i = 0; (key = script_table_key(c->script, &c->args[1], i,
			h->scratch)).n; i++) {
		if (span_is(key, "text") || span_is(key, "keep"))
			continue;
		err_set(&c->error, ERR_PERMANENT, "drop: unknown option "
			"\"%.*s\": there are text and keep",
			SPAN_FMT(span_sub(key, 0, POLICY_NAME_MAX)));
		return false;
	}
	return true;
}

static bool read_arguments(struct script_call *c,
	const struct policy_file **file_r, struct options *o_r)
{
	const struct script_value *att = &c->args[0];

	if (!policy_arg_count(c, 1, 2, usage))
		return false;
	if (att->type != SCRIPT_OBJECT ||
	    att->object.class != &policy_attachment_class) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is no "
			"attachment, as m.attachments has them: write %s",
			usage);
		return false;
	}
	*file_r = att->object.self;
	*o_r = (struct options){ DEFAULT_NOTE, DEFAULT_KEEP };
	if (c->nargs == 1)
		return true;
	if (c->args[1].type != SCRIPT_TABLE) {
		err_set(&c->error, ERR_PERMANENT, "argument 2 is no table: "
			"write %s", usage);
		return false;
	}
	return only_known(c, c->context) && read_text(c, &o_r->text) &&
	       read_keep(c, &o_r->keep);
}

/* The note with the file's name in it, on one line and for display. */
static struct span note_of(struct span text, struct span name,
	struct arena *a)
{
	char shown[NAME_SHOWN_MAX * 4];
	struct buf b = { .arena = a };
	size_t at;

	utf8_printable(span_sub(name, 0, NAME_SHOWN_MAX), shown,
		sizeof(shown));
	while ((at = span_find(text, NAME_VARIABLE)) != SIZE_MAX) {
		buf_span(&b, span_sub(text, 0, at));
		buf_string(&b, shown);
		text = span_after(text, at + NAME_VARIABLE.n);
	}
	buf_span(&b, text);
	return buf_bytes(&b);
}

static bool is_dropped(const struct plan *p, size_t part)
{
	for (size_t i = 0; i < p->ndrops; i++)
		if (p->drops[i].part == part)
			return true;
	return false;
}

/* Once a part, whatever is in it. */
static void add_drop(struct script_call *c, const struct policy_file *file,
	struct span name, const struct options *o)
{
	struct policy_host *h = c->context;
	struct plan *p = &h->run.plan;

	if (is_dropped(p, file->part))
		return;
	if (p->ndrops == PLAN_DROPS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d attachments "
			"of one message are dropped", PLAN_DROPS_MAX);
		return;
	}
	if (o->keep.n && !policy_add_copy(c, 1, o->keep))
		return;
	p->drops[p->ndrops++] = (struct plan_drop){ file->part,
		note_of(o->text, name, h->scratch) };
	policy_body_changes(h);
	policy_say(h, c, "drop", name);
}

void policy_plan_drop(struct script_call *c)
{
	const struct policy_file *file;
	const struct mime_part *part;
	struct options o;
	const char *why;

	if (!read_arguments(c, &file, &o))
		return;
	part = file->facts->mime.parts[file->part];
	why = rewrite_may_drop(&file->facts->mime, part);
	c->result = policy_bool(why == NULL);
	if (why)
		policy_say(c->context, c, "no drop", span_of(why));
	else
		add_drop(c, file, part->name, &o);
}
