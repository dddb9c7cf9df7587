#include "net/ldap.h"

#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>

#include <ldap.h>

enum { PAGE = 500 };

struct session {
	const struct ldap_ask *ask;
	const struct ldap_sink *sink;
	LDAP *ld;
	size_t told;
	struct err *e;
};

/* Which results another try may not mend. */
static enum err_class class_of(int code)
{
	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_STRONG_AUTH_REQUIRED:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_FILTER_ERROR:
	case LDAP_PARAM_ERROR:
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
		return ERR_PERMANENT;
	default:
		return ERR_TEMPORARY;
	}
}

/* "ldaps://… : what: Can't contact LDAP server (certificate …)" */
static int failed(struct session *s, const char *what, int code)
{
	char *more = NULL;
	int result;

	if (s->ld)
		ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	result = err_set(s->e, class_of(code), "%.200s: %s: %s%s%.200s%s",
		s->ask->servers, what, ldap_err2string(code),
		more && *more ? " (" : "", more && *more ? more : "",
		more && *more ? ")" : "");
	if (more)
		ldap_memfree(more);
	return result;
}

static int set(struct session *s, int option, const void *value)
{
	int code = ldap_set_option(s->ld, option, value);

	return code == LDAP_OPT_SUCCESS ? 0 :
		failed(s, "setting up", LDAP_PARAM_ERROR);
}

static int set_tls(struct session *s)
{
	int demand = LDAP_OPT_X_TLS_DEMAND, server = 0;
	int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;

	if (set(s, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) < 0 ||
	    set(s, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) < 0 ||
	    set(s, LDAP_OPT_X_TLS_CACERTFILE, s->ask->authorities) < 0)
		return -1;
	/* Last: it takes what was set before. */
	return set(s, LDAP_OPT_X_TLS_NEWCTX, &server);
}

static int open_session(struct session *s)
{
	struct timeval limit = { .tv_sec = s->ask->seconds };
	static char *environment[] = { "LDAPNOINIT=1", NULL };
	int version = LDAP_VERSION3, code;
	bool local = strncmp(s->ask->servers, "ldapi:", 6) == 0;

	/* Before libldap looks at files and variables. */
	environ = environment;
	code = ldap_initialize(&s->ld, s->ask->servers);
	if (code != LDAP_SUCCESS)
		return failed(s, "address", code);
	if (set(s, LDAP_OPT_PROTOCOL_VERSION, &version) < 0 ||
	    set(s, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) < 0 ||
	    set(s, LDAP_OPT_NETWORK_TIMEOUT, &limit) < 0 ||
	    set(s, LDAP_OPT_TIMEOUT, &limit) < 0 ||
	    (!local && set_tls(s) < 0))
		return -1;
	if (strncmp(s->ask->servers, "ldap:", 5) != 0)
		return 0;
	code = ldap_start_tls_s(s->ld, NULL, NULL);
	return code == LDAP_SUCCESS ? 0 : failed(s, "StartTLS", code);
}

static int bind_session(struct session *s)
{
	struct berval password = { 0 };
	int code;

	if (s->ask->bind) {
		if (s->ask->password == NULL || s->ask->password[0] == 0)
			return err_set(s->e, ERR_PERMANENT, "%.200s: %.200s "
				"has no password: the server would take it "
				"for nobody", s->ask->servers, s->ask->bind);
		password.bv_val = (char *)s->ask->password;
		password.bv_len = strlen(s->ask->password);
	}
	code = ldap_sasl_bind_s(s->ld, s->ask->bind ? s->ask->bind : "",
		LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
	return code == LDAP_SUCCESS ? 0 : failed(s, "log-in", code);
}

/* Which attribute that we asked for; options (";lang-de") do not count. */
static int index_of(const struct ldap_ask *ask, const char *name)
{
	size_t n = strcspn(name, ";");

	for (int i = 0; ask->attributes[i]; i++)
		if (strncasecmp(ask->attributes[i], name, n) == 0 &&
		    ask->attributes[i][n] == 0)
			return i;
	return -1;
}

static void tell_values(struct session *s, LDAPMessage *entry,
	const char *name, unsigned index)
{
	struct berval **v = ldap_get_values_len(s->ld, entry, name);

	for (size_t i = 0; v && v[i]; i++) {
		struct span value = span_from(v[i]->bv_val, v[i]->bv_len);

		s->sink->value(index, span_sub(value, 0, LDAP_VALUE_MAX),
			s->sink->context);
	}
	if (v)
		ldap_value_free_len(v);
}

static int tell_entry(struct session *s, LDAPMessage *entry)
{
	BerElement *at = NULL;
	char *name;
	int result = 0;

	if (s->told++ >= s->ask->most)
		return err_set(s->e, ERR_PERMANENT, "%.200s: more than %zu "
			"entries: a narrower filter, or a larger `most`",
			s->ask->servers, s->ask->most);
	s->sink->next(s->sink->context);
	for (name = ldap_first_attribute(s->ld, entry, &at);
	     name && result == 0;
	     name = ldap_next_attribute(s->ld, entry, at)) {
		int index = index_of(s->ask, name);

		/* Active Directory gives the first 1500 values of one. */
		if (strcasestr(name, ";range="))
			result = err_set(s->e, ERR_PERMANENT, "%.200s: an "
				"entry has too many values of %.64s: it gives "
				"a part of them", s->ask->servers, name);
		else if (index >= 0)
			tell_values(s, entry, name, (unsigned)index);
		ldap_memfree(name);
	}
	if (at)
		ber_free(at, 0);
	return result;
}

/* The end of a page: its cookie, empty after the last one. */
static int take_result(struct session *s, LDAPMessage *m,
	struct berval *cookie)
{
	LDAPControl **controls = NULL, *page;
	int code, estimate, bad;

	bad = ldap_parse_result(s->ld, m, &code, NULL, NULL, NULL, &controls,
		0);
	if (cookie->bv_val)
		ber_memfree(cookie->bv_val);
	*cookie = (struct berval){ 0 };
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (bad == LDAP_SUCCESS && code == LDAP_SUCCESS && page)
		bad = ldap_parse_pageresponse_control(s->ld, page, &estimate,
			cookie);
	if (controls)
		ldap_controls_free(controls);
	if (bad != LDAP_SUCCESS)
		return failed(s, "answer", bad);
	return code == LDAP_SUCCESS ? 0 : failed(s, "search", code);
}

/* Messages of one page; 1: it has ended. */
static int take_message(struct session *s, int id, struct berval *cookie)
{
	struct timeval limit = { .tv_sec = s->ask->seconds };
	LDAPMessage *m = NULL;
	int kind = ldap_result(s->ld, id, LDAP_MSG_ONE, &limit, &m);
	int code, result = 0;

	if (kind == 0)
		return failed(s, "search", LDAP_TIMEOUT);
	if (kind < 0) {
		ldap_get_option(s->ld, LDAP_OPT_RESULT_CODE, &code);
		return failed(s, "search", code);
	}
	if (kind == LDAP_RES_SEARCH_ENTRY)
		result = tell_entry(s, m);
	else if (kind == LDAP_RES_SEARCH_RESULT)
		result = take_result(s, m, cookie) < 0 ? -1 : 1;
	ldap_msgfree(m);
	return result;
}

static int fetch_page(struct session *s, struct berval *cookie)
{
	struct timeval limit = { .tv_sec = s->ask->seconds };
	LDAPControl *page = NULL, *controls[2] = { 0 };
	int id, result, code = ldap_create_page_control(s->ld, PAGE, cookie, 0,
		&page);

	controls[0] = page;
	if (code == LDAP_SUCCESS)
		code = ldap_search_ext(s->ld, s->ask->base,
			LDAP_SCOPE_SUBTREE, s->ask->filter,
			(char **)s->ask->attributes, 0, controls, NULL, &limit,
			LDAP_NO_LIMIT, &id);
	if (page)
		ldap_control_free(page);
	if (code != LDAP_SUCCESS)
		return failed(s, "search", code);
	do
		result = take_message(s, id, cookie);
	while (result == 0);
	return result < 0 ? -1 : 0;
}

static int search(struct session *s)
{
	struct berval cookie = { 0 };
	int result;

	do
		result = fetch_page(s, &cookie);
	while (result == 0 && cookie.bv_len);
	if (cookie.bv_val)
		ber_memfree(cookie.bv_val);
	return result;
}

int ldap_fetch(const struct ldap_ask *ask, const struct ldap_sink *sink,
	struct err *e)
{
	struct session s = { .ask = ask, .sink = sink, .e = e };
	int result = open_session(&s);

	if (result == 0)
		result = bind_session(&s);
	if (result == 0)
		result = search(&s);
	if (s.ld)
		ldap_unbind_ext_s(s.ld, NULL, NULL);
	return result;
}

void ldap_escape(struct buf *b, struct span value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = value.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '@' || c == '.' ||
			c == '-' || c == '_' || c == ' ';

		if (plain)
			buf_byte(b, c);
		else
			buf_printf(b, "\\%02x", c);
	}
}
