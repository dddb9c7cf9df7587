#include "web/http_head.h"

#include <string.h>

#include "base/netaddr.h"

/* All fields that have a meaning here; none of them may come twice. */
enum field {
	FIELD_HOST, FIELD_LENGTH, FIELD_CODING, FIELD_TYPE, FIELD_COOKIE,
	FIELD_ORIGIN, FIELD_REFERER, FIELD_CONNECTION, FIELD_EXPECT, FIELDS
};

static const char *const names[FIELDS] = {
	[FIELD_HOST] = "host", [FIELD_LENGTH] = "content-length",
	[FIELD_CODING] = "transfer-encoding", [FIELD_TYPE] = "content-type",
	[FIELD_COOKIE] = "cookie", [FIELD_ORIGIN] = "origin",
	[FIELD_REFERER] = "referer", [FIELD_CONNECTION] = "connection",
	[FIELD_EXPECT] = "expect",
};

size_t http_head_end(struct span s, size_t *from_r)
{
	while (*from_r < s.n) {
		size_t lf = span_chr(span_after(s, *from_r), '\n');
		size_t next;

		if (lf == SIZE_MAX)
			return 0;
		next = *from_r + lf + 1;
		if (next < s.n && s.p[next] == '\n')
			return next + 1;
		if (s.n - next >= 2 && s.p[next] == '\r' &&
		    s.p[next + 1] == '\n')
			return next + 2;
		if (s.n - next < 2)
			return 0; /* look at this line's end again */
		*from_r = next;
	}
	return 0;
}

/* Letters, digits and these: a token of RFC 9110 section 5.6.2. */
static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

/* The next line, which must end with CRLF and hold no control character. */
static bool next_line(struct span *rest, struct span *line_r)
{
	size_t lf = span_chr(*rest, '\n');

	if (lf == SIZE_MAX || lf == 0 || rest->p[lf - 1] != '\r')
		return false;
	*line_r = span_sub(*rest, 0, lf - 1);
	*rest = span_after(*rest, lf + 1);
	for (size_t i = 0; i < line_r->n; i++)
		if ((line_r->p[i] < 0x20 && line_r->p[i] != '\t') ||
		    line_r->p[i] == 0x7f)
			return false;
	return true;
}

static enum http_method method_of(struct span word)
{
	if (span_is(word, "GET"))
		return HTTP_GET;
	if (span_is(word, "HEAD"))
		return HTTP_HEAD;
	return span_is(word, "POST") ? HTTP_POST : HTTP_OTHER;
}

/* "/path?query"; the fragment is none of a server's business. */
static unsigned read_target(struct span target, struct span *authority_r,
	struct http_head *h)
{
	size_t mark;

	if (target.n > HTTP_TARGET_MAX)
		return 414;
	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] <= 0x20 || target.p[i] >= 0x7f ||
		    target.p[i] == '#')
			return 400;
	/* The absolute form, which a server must take (RFC 9112 3.2.2). */
	if (span_casestarts(target, SPAN("https://"))) {
		target = span_after(target, 8);
		mark = span_chr(target, '/');
		if (mark == SIZE_MAX)
			return 400;
		*authority_r = span_sub(target, 0, mark);
		target = span_after(target, mark);
	}
	if (target.n == 0 || target.p[0] != '/')
		return h->method == HTTP_OTHER ? 0 : 400;
	mark = span_chr(target, '?');
	h->path = span_sub(target, 0, mark);
	if (mark != SIZE_MAX)
		h->query = span_after(target, mark + 1);
	return 0;
}

static unsigned read_first_line(struct span line, struct span *authority_r,
	struct http_head *h)
{
	size_t one = span_chr(line, ' ');
	size_t two = span_rchr(line, ' ');
	struct span method, version;

	if (one == SIZE_MAX || one == two)
		return 400;
	method = span_sub(line, 0, one);
	version = span_after(line, two + 1);
	if (!is_token(method) || version.n != 8 ||
	    !span_starts(version, SPAN("HTTP/")) || version.p[6] != '.')
		return 400;
	if (!span_is(version, "HTTP/1.1") && !span_is(version, "HTTP/1.0"))
		return 505;
	h->keep = version.p[7] == '1';
	h->method = method_of(method);
	return read_target(span_sub(line, one + 1, two - one - 1),
		authority_r, h);
}

/* Puts a line in its place; false: it is not "name: value", or a second. */
static bool read_field(struct span line, struct span values[FIELDS])
{
	size_t colon = span_chr(line, ':');
	struct span name;

	if (colon == SIZE_MAX || !is_token(span_sub(line, 0, colon)))
		return false;
	name = span_sub(line, 0, colon);
	for (size_t i = 0; i < FIELDS; i++) {
		if (!span_caseeq(name, span_of(names[i])))
			continue;
		if (values[i].p)
			return false;
		values[i] = span_trim(span_after(line, colon + 1));
	}
	return true;
}

static unsigned read_fields(struct span rest, struct span values[FIELDS])
{
	struct span line;

	for (size_t n = 0; next_line(&rest, &line); n++) {
		if (line.n == 0)
			return rest.n == 0 ? 0 : 400;
		if (n == HTTP_LINES_MAX)
			return 431;
		if (!read_field(line, values))
			return 400;
	}
	return 400;
}

static bool good_port(struct span port)
{
	uint64_t value;

	return port.n > 0 && port.n <= 5 && span_u64(port, 65535, &value) &&
		value > 0;
}

/* "name", "name:port", "[address]", "[address]:port". */
static bool good_host(struct span host)
{
	size_t end = span_chr(host, ']'), colon;
	struct netaddr address;

	if (host.n == 0 || host.n > 261)
		return false;
	if (host.p[0] == '[') {
		if (end == SIZE_MAX || !netaddr_parse(span_sub(host, 1,
			end - 1), &address))
			return false;
		host = span_after(host, end + 1);
		return host.n == 0 || (host.p[0] == ':' &&
			good_port(span_after(host, 1)));
	}
	colon = span_chr(host, ':');
	if (colon != SIZE_MAX && !good_port(span_after(host, colon + 1)))
		return false;
	host = span_sub(host, 0, colon);
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = span_lower(host.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.n > 0;
}

/* How long the body is, and who may be confused about it. */
static unsigned read_length(const struct span values[FIELDS],
	struct http_head *h)
{
	if (values[FIELD_CODING].p)
		return values[FIELD_LENGTH].p || !h->keep ? 400 : 411;
	if (values[FIELD_LENGTH].p && !span_u64(values[FIELD_LENGTH],
		INT64_MAX, &h->length))
		return 400;
	if (h->length && (h->method == HTTP_GET || h->method == HTTP_HEAD))
		return 400;
	if (values[FIELD_EXPECT].p && !span_caseeq(values[FIELD_EXPECT],
		SPAN("100-continue")))
		return 417;
	h->expects = values[FIELD_EXPECT].p && h->length > 0;
	return 0;
}

static void read_connection(struct span value, struct http_head *h)
{
	struct span piece;

	while (span_cut(&value, ',', &piece))
		if (span_caseeq(span_trim(piece), SPAN("close")))
			h->keep = false;
}

unsigned http_head_parse(struct span head, struct http_head *h)
{
	struct span values[FIELDS] = { 0 }, authority = { 0 }, line;
	unsigned status;

	memset(h, 0, sizeof(*h));
	if (!next_line(&head, &line))
		return 400;
	status = read_first_line(line, &authority, h);
	if (status == 0)
		status = read_fields(head, values);
	if (status)
		return status;
	if (!good_host(values[FIELD_HOST]) || (authority.p &&
	    !span_caseeq(authority, values[FIELD_HOST])))
		return 400;
	h->host = values[FIELD_HOST];
	h->type = values[FIELD_TYPE];
	h->cookie = values[FIELD_COOKIE];
	h->origin = values[FIELD_ORIGIN];
	h->referer = values[FIELD_REFERER];
	read_connection(values[FIELD_CONNECTION], h);
	return read_length(values, h);
}
