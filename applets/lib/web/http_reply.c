#include "web/http_reply.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

static const struct page {
	unsigned status;
	const char *phrase;
	const char *text;	/* NULL: no page of ours */
} pages[] = {
	{ HTTP_SPEAK_HTTPS, "Bad Request", "This port speaks HTTPS. Write "
		"https:// at the beginning of the address." },
	{ 200, "OK", NULL },
	{ 303, "See Other", NULL },
	{ 400, "Bad Request", "The browser sent something that this server "
		"does not understand. Check the address and try again." },
	{ 403, "Forbidden", "This form did not come from a page of this "
		"server, or the page was too old. Go back, load the page "
		"again and repeat what you did." },
	{ 404, "Not Found", "There is no such page." },
	{ 405, "Method Not Allowed", "Pages are asked for with GET, HEAD or "
		"POST." },
	{ 408, "Request Timeout", "The request did not arrive in time. Try "
		"again." },
	{ 409, "Conflict", NULL },
	{ 410, "Gone", NULL },
	{ 411, "Length Required", "The length of a form must be said before "
		"it is sent (Content-Length)." },
	{ 413, "Content Too Large", "The form is too large." },
	{ 414, "URI Too Long", "The address of the page is too long." },
	{ 415, "Unsupported Media Type", "Forms are taken as "
		"application/x-www-form-urlencoded only." },
	{ 417, "Expectation Failed", "The browser expects something that "
		"this server does not do." },
	{ 429, "Too Many Requests", NULL },
	{ 431, "Request Header Fields Too Large", "The browser sent too much "
		"before the request itself. Delete the cookies of this "
		"server and try again." },
	{ 500, "Internal Server Error", "Something went wrong on this "
		"server. The log of the role says what." },
	{ 503, "Service Unavailable", "This server is busy. Try again in a "
		"moment." },
	{ 505, "HTTP Version Not Supported", "This server speaks HTTP/1.1." },
	{ 0, "Unknown", NULL },
};

static const char headers[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "
	"style-src 'self'; img-src 'self'; font-src 'self'; "
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
	"base-uri 'none'; object-src 'none'\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"X-Frame-Options: DENY\r\n"
	/* Not no-referrer, under which browsers send "Origin: null". */
	"Referrer-Policy: same-origin\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n";
/* RFC 6797 7.2: never said without TLS. */
static const char transport[] =
	"Strict-Transport-Security: max-age=31536000\r\n";

static const struct page *page_of(unsigned status)
{
	const struct page *p = pages;

	while (p->status && p->status != status)
		p++;
	return p;
}

/* RFC 9110 section 5.6.7: English in any locale. */
static void add_date(struct buf *b)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm t;

	gmtime_r(&now, &t);
	buf_printf(b, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
		days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
		t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* Visible ASCII, so that nothing becomes a second header. */
static bool visible(const char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s >= 0x7f)
			return false;
	return true;
}

/* A path of ours, which no browser takes for another host's. */
static bool own_path(const char *s)
{
	return s[0] == '/' && s[1] != '/' && visible(s) &&
		strpbrk(s, " \\") == NULL;
}

static bool is_token_text(const char *s)
{
	for (; *s; s++)
		if (span_chr(SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_"),
			(unsigned char)*s) == SIZE_MAX)
			return false;
	return true;
}

static bool sendable(const struct web_reply *r)
{
	return r->status < 600 && (r->status == 0 || r->status >= 200) &&
		(r->type == NULL || visible(r->type)) &&
		(r->location == NULL || own_path(r->location)) &&
		(r->set_cookie == NULL || is_token_text(r->set_cookie));
}

static void add_cookie(const char *cookie, const char *token, struct buf *b)
{
	buf_printf(b, "Set-Cookie: __Host-%s=%s; Path=/; Secure; HttpOnly; "
		"SameSite=Strict%s\r\n", cookie, token,
		*token ? "" : "; Max-Age=0");
}

/* A name that no shell, browser or file system takes for more. */
static void add_file_name(const char *name, struct buf *b)
{
	buf_string(b, "Content-Disposition: attachment; filename=\"");
	for (size_t i = 0; name[i] && i < 100; i++) {
		bool good = span_chr(SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_."),
			(unsigned char)name[i]) != SIZE_MAX;

		buf_byte(b, good && (i || name[i] != '.') ?
			(unsigned char)name[i] : '_');
	}
	buf_string(b, "\"\r\n");
}

void http_reply_error(unsigned status, struct web_reply *r)
{
	const struct page *p = page_of(status);
	struct buf body = { .arena = r->body.arena };

	*r = (struct web_reply){ .status = status };
	buf_printf(&body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>"
		"<meta charset=\"utf-8\">\n<meta name=\"viewport\" content="
		"\"width=device-width\">\n<title>%s</title>\n"
		"<link rel=\"stylesheet\" href=\"/static/pm.css\">"
		"</head>\n<body><main>\n<h1>%s</h1>\n<p>%s</p>\n"
		"<p><a href=\"/\">To the first page</a></p>\n"
		"</main></body>\n</html>\n", p->phrase, p->phrase,
		p->text ? p->text : "");
	r->body = body;
}

static void add_headers(const struct web_reply *r, const char *cookie,
	struct buf *b)
{
	buf_printf(b, "Content-Type: %s\r\n", r->type ? r->type :
		"text/html; charset=utf-8");
	buf_printf(b, "Content-Length: %zu\r\n", r->body.n);
	buf_printf(b, "Cache-Control: %s\r\n", r->cache ?
		"public, max-age=3600, immutable" : "no-store");
	if (r->location)
		buf_printf(b, "Location: %s\r\n", r->location);
	if (r->set_cookie)
		add_cookie(cookie, r->set_cookie, b);
	if (r->file_name)
		add_file_name(r->file_name, b);
	if (r->status == 405)
		buf_string(b, "Allow: GET, HEAD, POST\r\n");
	if (r->status == 503)
		buf_string(b, "Retry-After: 5\r\n");
	buf_string(b, headers);
}

static void write_head(const struct web_reply *r, const char *cookie,
	bool tls, bool close, struct buf *b)
{
	unsigned code = r->status == HTTP_SPEAK_HTTPS ? 400 : r->status;

	buf_printf(b, "HTTP/1.1 %u %s\r\n", code, page_of(r->status)->phrase);
	add_date(b);
	add_headers(r, cookie, b);
	if (tls)
		buf_string(b, transport);
	buf_printf(b, "Connection: %s\r\n\r\n", close ? "close" :
		"keep-alive");
}

void http_reply_write(struct web_reply *r, const char *cookie, bool head_only,
	struct arena *a, struct http_answer *answer)
{
	if (!sendable(r)) {
		log_error("web: a reply with status %u, type \"%s\", location "
			"\"%s\" cannot be sent: a bug in its page", r->status,
			r->type ? r->type : "", r->location ? r->location : "");
		http_reply_error(500, r);
	}
	if (r->status == 0)
		r->status = 200;
	if (r->location)
		r->status = 303;
	answer->head = (struct buf){ .arena = a };
	write_head(r, cookie, true, answer->close, &answer->head);
	answer->body = head_only ? (struct span){ 0 } : buf_bytes(&r->body);
}

void http_reply_bare(unsigned status, bool tls, struct buf *b)
{
	struct web_reply r = { 0 };

	http_reply_error(status, &r);
	write_head(&r, "", tls, true, b);
	buf_span(b, buf_bytes(&r.body));
	buf_free(&r.body);
}
