#include "engine/template_text.h"

#include "base/args.h"
#include "base/utf8.h"

const char *const template_names[] = {
	"PMX_VERSION", "SUBJECT", "MESSAGE_SIZE", "HEADER_SIZE", "BODY_SIZE",
	"QUEUE_ID", "SENDER_IP", "DATETIME", "DATETIME_GMT", "ENVELOPE_TO",
	"ENVELOPE_FROM", "HEADER_FROM", "HEADER_TO", "HEADER_CC",
	"HEADER_DATE", "GAUGE", "XGAUGE", "SGAUGE", "IGAUGE", "PROB", "HITS",
	"SPAM_REPORT", "BLOCKLIST_REASON", "VIRUS_IDS", "ATTACHMENT_NAMES",
	"RULE", "REASON",
};
const size_t template_names_n = sizeof(template_names) /
	sizeof(*template_names);

static bool is_standard(struct span name)
{
	for (size_t i = 0; i < template_names_n; i++)
		if (span_is(name, template_names[i]))
			return true;
	return false;
}

static bool is_name_byte(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The name in "NAME%%…", or empty. */
static struct span name_at(struct span s)
{
	size_t n = 0;

	while (n < s.n && n <= TEMPLATE_NAME_MAX && is_name_byte(s.p[n]))
		n++;
	if (n == 0 || n > TEMPLATE_NAME_MAX ||
	    !span_starts(span_after(s, n), SPAN("%%")))
		return SPAN("");
	return span_sub(s, 0, n);
}

/* Without PMX_, where that is another way to write it. */
static struct span plain_name(struct span name)
{
	struct span bare = span_after(name, 4);

	return span_starts(name, SPAN("PMX_")) && !is_standard(name) &&
		is_standard(bare) ? bare : name;
}

bool template_next(struct span *rest, struct span *before_r,
	struct span *name_r)
{
	struct span s = *rest, name;

	*before_r = s;
	*name_r = SPAN("");
	*rest = span_after(s, s.n);
	for (size_t at = 0; at + 4 < s.n; at++) {
		if (s.p[at] != '%' || s.p[at + 1] != '%')
			continue;
		name = name_at(span_after(s, at + 2));
		if (name.n == 0)
			continue;
		*before_r = span_sub(s, 0, at);
		*name_r = plain_name(name);
		*rest = span_after(s, at + 2 + name.n + 2);
		break;
	}
	return s.n > 0;
}

/* "Subject: x": its value. */
static bool take_field(struct span line, struct span name,
	struct span *value_r)
{
	if (!span_casestarts(line, name))
		return false;
	*value_r = span_trim(span_after(line, name.n));
	return true;
}

void template_split(struct span file, struct template_file *t_r)
{
	struct span rest, line;
	size_t lines = 0;

	if (span_starts(file, SPAN("\xef\xbb\xbf")))
		file = span_after(file, 3);
	rest = file;
	*t_r = (struct template_file){ .text = file, .line = 1 };
	while (span_line(&rest, &line)) {
		lines++;
		if (take_field(line, SPAN("Subject:"), &t_r->subject) ||
		    take_field(line, SPAN("From:"), &t_r->from))
			continue;
		if (lines > 1 && span_trim(line).n == 0) {
			t_r->text = rest;
			t_r->line = lines + 1;
		} else if (lines > 1) {
			t_r->text = span_after(file,
				(size_t)(line.p - file.p));
			t_r->line = lines;
		}
		return;
	}
	if (lines)
		t_r->text = rest;
}

static size_t count_lines(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

int template_check(struct span text, const char *name, size_t line,
	bool (*known)(const void *self, struct span name), const void *self,
	struct err *e)
{
	struct span before, variable;
	const char *near;

	while (template_next(&text, &before, &variable)) {
		line += count_lines(before);
		if (variable.n == 0 || is_standard(variable) ||
		    known(self, variable))
			continue;
		near = args_nearest(variable, template_names,
			template_names_n);
		return err_set(e, ERR_PERMANENT, "%s:%zu: unknown variable "
			"%%%%%.*s%%%%%s%s%s", name, line, SPAN_FMT(variable),
			near ? ": did you mean %%" : ": rules make one with "
			"plan:set(\"NAME\", value)", near ? near : "",
			near ? "%%?" : "");
	}
	return 0;
}

/* Changes how text beside it is read: Unicode's direction controls. */
static bool is_direction(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
		c == 0x200e || c == 0x200f || c == 0x061c;
}

static bool is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
		c == 0x2029 || is_direction(c);
}

static void put_html(struct buf *out, uint32_t c)
{
	if (c == '<')
		buf_string(out, "&lt;");
	else if (c == '>')
		buf_string(out, "&gt;");
	else if (c == '&')
		buf_string(out, "&amp;");
	else if (c == '"')
		buf_string(out, "&quot;");
	else if (c == '\'')
		buf_string(out, "&#39;");
	else if (c == '\n')
		buf_string(out, "<br>\r\n");
	else
		utf8_put(out, c);
}

static void put_code(struct buf *out, enum template_place place, uint32_t c)
{
	if (c == '\r')
		return;
	if (c == '\t' || (c == '\n' && place == TEMPLATE_HEADER))
		c = ' ';
	if (c != '\n' && is_control(c))
		return;
	if (place == TEMPLATE_HTML)
		put_html(out, c);
	else
		utf8_put(out, c);
}

static void put_value(struct buf *out, enum template_place place,
	struct span value)
{
	size_t most = place == TEMPLATE_HEADER ? TEMPLATE_LINE_MAX :
		TEMPLATE_VALUE_MAX, at = 0;
	uint32_t code;
	size_t n;

	while (at < value.n && at < most) {
		n = utf8_next(span_after(value, at), &code);
		put_code(out, place, n ? code : 0xfffd);
		at += n ? n : 1;
	}
	if (at < value.n)
		buf_string(out, "...");
}

void template_expand(struct span text, enum template_place place,
	struct span (*value)(void *self, struct span name), void *self,
	struct buf *out)
{
	size_t start = out->n;
	struct span before, name;

	while (out->n - start < TEMPLATE_OUT_MAX &&
	       template_next(&text, &before, &name)) {
		buf_span(out, before);
		if (name.n)
			put_value(out, place, value(self, name));
	}
}
