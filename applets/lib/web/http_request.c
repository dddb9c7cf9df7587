#include "web/http_request.h"

#include <string.h>

#include "crypto/secret.h"
#include "web/http_decode.h"
#include "web/session.h"

#define STATIC "/static/"

struct span web_field(const struct web_request *r, const char *name)
{
	for (size_t i = 0; i < r->nfields; i++)
		if (span_is(r->fields[i].name, name))
			return r->fields[i].value;
	return (struct span){ 0 };
}

/* Without ":443", which browsers leave out. */
static struct span without_port(struct span host)
{
	return span_ends(host, SPAN(":443")) ?
		span_sub(host, 0, host.n - 4) : host;
}

static bool same_host(struct span url, struct span host)
{
	if (!span_casestarts(url, SPAN("https://")))
		return false;
	url = span_after(url, 8);
	return span_caseeq(without_port(url), without_port(host));
}

bool http_request_from_us(const struct http_head *h)
{
	size_t slash;

	if (h->origin.p)
		return same_host(h->origin, h->host);
	if (h->referer.n < 8)
		return false;
	slash = span_chr(span_after(h->referer, 8), '/');
	return same_host(span_sub(h->referer, 0, slash == SIZE_MAX ?
		SIZE_MAX : 8 + slash), h->host);
}

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (span_chr(SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_"),
			s.p[i]) == SIZE_MAX)
			return false;
	return s.n == SECRET_TOKEN_SIZE - 1;
}

struct span http_request_token(struct span cookies, const char *name)
{
	struct span found = { 0 }, piece;

	while (span_cut(&cookies, ';', &piece)) {
		struct span pair = span_trim(piece);
		size_t eq = span_chr(pair, '=');
		struct span key = span_sub(pair, 0, eq);

		if (eq == SIZE_MAX || !span_starts(key, SPAN("__Host-")) ||
		    !span_is(span_after(key, 7), name))
			continue;
		if (found.p)
			return (struct span){ 0 };
		found = span_after(pair, eq + 1);
	}
	return is_token(found) ? found : (struct span){ 0 };
}

/* Is it "application/x-www-form-urlencoded", with or without parameters? */
static bool is_form(struct span type)
{
	return span_caseeq(span_trim(span_sub(type, 0, span_chr(type, ';'))),
		SPAN("application/x-www-form-urlencoded"));
}

/*
 * A name in both the query and the form could mean one thing to who checks
 * and another to who acts.
 */
static bool overlap(const struct web_pair *a, size_t na,
	const struct web_pair *b, size_t nb)
{
	for (size_t i = 0; i < na; i++)
		for (size_t k = 0; k < nb; k++)
			if (span_eq(a[i].name, b[k].name))
				return true;
	return false;
}

static void join(struct web_request *r, const struct web_pair *form, size_t n)
{
	struct web_pair *all = arena_array(r->arena, r->nfields + n + 1,
		sizeof(*all));

	if (r->nfields)
		memcpy(all, r->fields, r->nfields * sizeof(*all));
	if (n)
		memcpy(all + r->nfields, form, n * sizeof(*all));
	r->fields = all;
	r->nfields += n;
}

static unsigned read_form(const struct http_head *h, struct span body,
	struct web_request *r)
{
	struct web_pair *form;
	size_t n;

	if (body.n > 0 && !is_form(h->type))
		return 415;
	if (!http_decode_form(body, r->arena, &form, &n) ||
	    r->nfields + n > HTTP_FIELDS_MAX ||
	    overlap(r->fields, r->nfields, form, n))
		return 400;
	join(r, form, n);
	return 0;
}

/* Fills r from what came; 0 or a status. */
static unsigned read_request(const struct http_head *h, struct span body,
	struct web_request *r)
{
	if (h->method == HTTP_OTHER)
		return 405;
	r->post = h->method == HTTP_POST;
	r->host = arena_span(r->arena, h->host);
	if (!http_decode_path(h->path, r->arena, &r->path) ||
	    !http_decode_form(h->query, r->arena, &r->fields, &r->nfields))
		return 400;
	if (!r->post)
		return 0;
	return http_request_from_us(h) ? read_form(h, body, r) : 403;
}

static void find_session(const struct http_site *site,
	const struct http_head *h, struct web_request *r)
{
	struct span token = http_request_token(h->cookie,
		site->config->cookie);
	struct err e;

	if (token.n == 0 || span_starts(r->path, SPAN(STATIC)))
		return;
	if (site->db == NULL)
		r->trouble = "no database is wired";
	else if (session_find(site->db, site->config->scope, token, r->arena,
		&r->session, &e) < 0)
		r->trouble = arena_printf(r->arena, "%s", e.text);
}

/* Does the form hold this session's secret, once? */
static bool good_csrf(const struct web_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfields; i++)
		n += span_is(r->fields[i].name, "csrf");
	return n == 1 && r->session->csrf.n > 0 &&
		secret_equal(web_field(r, "csrf"), r->session->csrf);
}

/* Everything that must hold before a handler may look; 0 or a status. */
static unsigned admit(const struct http_site *site, const struct http_head *h,
	struct span body, struct web_request *r)
{
	unsigned status = read_request(h, body, r);

	if (status)
		return status;
	find_session(site, h, r);
	return r->post && r->session && !good_csrf(r) ? 403 : 0;
}

void http_request_answer(const struct http_site *site,
	const struct http_head *h, struct span body, struct span peer,
	struct arena *a, struct http_answer *answer)
{
	struct web_request r = { .peer = peer, .arena = a };
	struct web_reply reply = { .body = { .arena = a } };
	unsigned status = admit(site, h, body, &r);

	if (status)
		http_reply_error(status, &reply);
	else
		site->config->handle(site->context, &r, &reply);
	http_reply_write(&reply, site->config->cookie,
		h->method == HTTP_HEAD, a, answer);
}

void http_request_refuse(unsigned status, struct arena *a,
	struct http_answer *answer)
{
	struct web_reply reply = { .body = { .arena = a } };

	answer->close = true;
	http_reply_error(status, &reply);
	http_reply_write(&reply, "", false, a, answer);
}
