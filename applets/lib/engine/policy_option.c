/*
 * Switches of the site: lines NAME = VALUE of the file options beside the
 * rules, so that shipped rules can be set without being changed.
 */
#include "engine/policy_view.h"

#include <stdlib.h>

enum { OPTIONS_MAX = 1000, OPTION_VALUE_MAX = 2000 };

struct policy_option {
	struct span name, value;
};

const char *const policy_own_options[] = { "tag_at", "notice_language",
	"timezone", "postmaster", NULL };

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-' || c == '.'))
			return false;
	}
	return s.n > 0 && s.n <= POLICY_NAME_MAX;
}

static int read_line(struct policy_host *h, struct span line, size_t number,
	struct err *e)
{
	size_t at = span_chr(line, '=');
	struct policy_option o = { span_trim(span_sub(line, 0, at)),
		at == SIZE_MAX ? SPAN("") :
		span_trim(span_after(line, at + 1)) };
	struct span known;

	if (at == SIZE_MAX || !is_name(o.name))
		return err_set(e, ERR_PERMANENT, "options:%zu: no option: "
			"write NAME = VALUE, comments after #", number);
	if (o.value.n > OPTION_VALUE_MAX || h->noptions == OPTIONS_MAX)
		return err_set(e, ERR_PERMANENT, "options:%zu: more than %d "
			"options, or a value of more than %d bytes", number,
			OPTIONS_MAX, OPTION_VALUE_MAX);
	if (policy_find_option(h, o.name, &known))
		return err_set(e, ERR_PERMANENT, "options:%zu: \"%.*s\" is "
			"there twice", number, SPAN_FMT(o.name));
	h->options[h->noptions++] = o;
	return 0;
}

int policy_read_options(struct policy_host *h, struct err *e)
{
	struct span rest = h->bundle->options, line;

	h->options = arena_array(h->arena, OPTIONS_MAX, sizeof(*h->options));
	for (size_t number = 1; span_line(&rest, &line); number++) {
		line = span_trim(line);
		if (line.n && line.p[0] != '#' &&
		    read_line(h, line, number, e) < 0)
			return -1;
	}
	return 0;
}

bool policy_find_option(const struct policy_host *h, struct span name,
	struct span *value_r)
{
	for (size_t i = 0; i < h->noptions; i++)
		if (span_caseeq(h->options[i].name, name)) {
			*value_r = h->options[i].value;
			return true;
		}
	return false;
}

static bool is_one_of(struct span s, const char *const *words)
{
	for (; *words; words++)
		if (span_caseeq(s, span_of(*words)))
			return true;
	return false;
}

static bool read_bool(struct span s, struct script_value *v_r)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	*v_r = policy_bool(is_one_of(s, yes));
	return v_r->boolean || is_one_of(s, no);
}

static bool read_number(struct policy_host *h, struct span s,
	struct script_value *v_r)
{
	const char *text = arena_string(h->scratch, s);
	char *end;

	*v_r = policy_int(strtoll(text, &end, 10));
	if (end == text || *end) {
		v_r->type = SCRIPT_REAL;
		v_r->real = strtod(text, &end);
	}
	return end != text && *end == 0;
}

/* The value as the default is: so a slip of the pen shows while loading. */
static bool convert(struct policy_host *h, struct span value,
	enum script_type type, struct script_value *v_r)
{
	*v_r = policy_text(value);
	if (type == SCRIPT_BOOL)
		return read_bool(value, v_r);
	if (type == SCRIPT_INT || type == SCRIPT_REAL)
		return read_number(h, value, v_r);
	return true;
}

void policy_read_option(struct script_call *c)
{
	static const char usage[] = "option(\"NAME\", DEFAULT)";
	struct policy_host *h = c->context;
	struct script_value fallback = { .type = SCRIPT_NIL };
	struct span name, value;

	if (!policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name))
		return;
	if (c->nargs == 2)
		fallback = c->args[1];
	if (!policy_find_option(h, name, &value))
		c->result = fallback;
	else if (!convert(h, value, fallback.type, &c->result))
		err_set(&c->error, ERR_PERMANENT, "the option %.*s = %.*s is "
			"no %s", SPAN_FMT(name),
			SPAN_FMT(span_sub(value, 0, POLICY_NAME_MAX)),
			fallback.type == SCRIPT_BOOL ? "switch: write yes or "
			"no" : "number");
}
