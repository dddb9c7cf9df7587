#include "login.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "guard.h"
#include "password.h"
#include "web/first_login.h"

#define SCOPE "csm"

enum { SESSION_S = 8 * 3600, MUST_CHANGE_S = 900 };

/* Of no password: what an unknown name is compared with. */
static char nobodys[SECRET_HASH_SIZE];

struct account {
	struct span name;
	const char *hash;
	struct span *rights;
	size_t nrights;
	bool must_change;
	bool once;		/* this is the one-time password's log-in */
};

void login_begin(void)
{
	char token[SECRET_TOKEN_SIZE];

	secret_token(token);
	if (!secret_hash(span_of(token), nobodys))
		log_fatal("log-in: no memory to hash a password");
}

static void all_rights(struct account *t)
{
	static struct span all[1];

	all[0] = SPAN("all");
	t->rights = all;
	t->nrights = 1;
}

/* hash stays nobodys when there is no such account. */
static int find_account(struct db *db, struct span name, struct arena *a,
	struct account *t_r, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(name) };
	struct db_rows *rows;

	*t_r = (struct account){ .name = name, .hash = nobodys };
	all_rights(t_r);
	if (db_call(db, "login_account", v, 1, &rows, e) < 0)
		return -1;
	if (db_count(rows)) {
		struct span *rights;

		t_r->hash = arena_string(a, db_span(rows, 0, 0));
		t_r->must_change = db_bool(rows, 0, 1);
		t_r->nrights = db_spans(rows, 0, 2, a, &rights);
		for (size_t i = 0; i < t_r->nrights; i++)
			rights[i] = arena_span(a, rights[i]);
		t_r->rights = rights;
	}
	db_rows_free(&rows);
	return 0;
}

/*
 * Compares as often for one name as for another: when a one-time password is
 * about, and what was typed looks like one, twice.
 */
static bool verify(struct account *t, struct span password, struct arena *a)
{
	struct first_login f;
	bool good;

	if (first_login_read(a, &f) && first_login_looks(password)) {
		bool his = first_login_good(&f) && span_eq(f.name, t->name);

		t->once = secret_verify(his ? f.hash : nobodys, password) &&
			his;
	}
	good = secret_verify(t->hash, password) && t->hash != nobodys;
	return good || t->once;
}

static struct span waiting(struct arena *a, unsigned s)
{
	return span_of(arena_printf(a, "Too many wrong passwords. Try again "
		"in %u minute%s.", (s + 59) / 60, s > 60 ? "s" : ""));
}

static void hash_token(const char *token, unsigned char out[HASH_SHA256_SIZE])
{
	hash_sha256(span_of(token), out);
}

/* A new session with a new token, whatever there was before. */
static int make_session(struct db *db, const struct account *t,
	struct span peer, bool must_change, struct arena *a,
	struct span *cookie_r, struct err *e)
{
	char csrf[SECRET_TOKEN_SIZE];
	char *token = arena_alloc(a, SECRET_TOKEN_SIZE);
	unsigned char hash[HASH_SHA256_SIZE];

	secret_token(csrf);
	secret_token(token);
	hash_token(token, hash);
	*cookie_r = span_of(token);
	return db_call(db, "login_session_put", (const struct db_value[]){
		DB_OF_BYTES(span_from(hash, sizeof(hash))),
		DB_OF_TEXT(SPAN(SCOPE)), DB_OF_TEXT(t->name),
		DB_OF_TEXTS(t->rights, t->nrights), DB_OF_BOOL(must_change),
		DB_OF_TEXT(span_of(csrf)),
		DB_OF_INT(must_change ? MUST_CHANGE_S : SESSION_S),
		DB_OF_TEXT(peer) }, 8, NULL, e);
}

static int audit(struct db *db, struct span who, struct span peer,
	const char *what, struct arena *a, struct err *e)
{
	return db_call(db, "login_audit", (const struct db_value[]){
		DB_OF_TEXT(who),
		DB_OF_TEXT(span_of(arena_printf(a, "page %.*s",
			SPAN_FMT(peer)))),
		DB_OF_TEXT(span_of(what)) }, 3, NULL, e);
}

/* The one-time password is used up when its session is safe, not before. */
static int use_up(struct arena *a, struct err *e)
{
	struct first_login f;

	return first_login_read(a, &f) ? first_login_use(&f, e) : 0;
}

static int let_in(struct db *db, const struct account *t, struct span peer,
	struct arena *a, struct login_answer *answer_r, struct err *e)
{
	bool must_change = t->once || t->must_change;

	if (db_begin(db, e) < 0)
		return -1;
	if (make_session(db, t, peer, must_change, a, &answer_r->cookie, e) ||
	    audit(db, t->name, peer, t->once ? "logged in with a one-time "
		"password" : "logged in", a, e) < 0) {
		db_rollback(db);
		return -1;
	}
	if (db_commit(db, e) < 0 || (t->once && use_up(a, e) < 0))
		return -1;
	answer_r->result = LOGIN_DONE;
	answer_r->must_change = must_change;
	guard_right(t->name, peer, clock_ms());
	return 0;
}

/* A name as it is kept: lower case, no blanks around it. */
static struct span plain_name(struct span typed, struct arena *a)
{
	struct span s = span_trim(typed);
	unsigned char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

int login_new(struct db *db, const struct helper_request *r, struct arena *a,
	struct login_answer *answer_r, struct err *e)
{
	struct span name = plain_name(r->text[0], a), password = r->text[1];
	struct span peer = r->text[2];
	struct account t;

	answer_r->wait_s = guard_wait(name, peer, clock_ms());
	if (answer_r->wait_s) {
		answer_r->result = LOGIN_WAIT;
		answer_r->text = waiting(a, answer_r->wait_s);
		return 0;
	}
	if (find_account(db, name, a, &t, e) < 0)
		return -1;
	if (name.n <= HELPER_NAME_MAX && password.n <= HELPER_PASSWORD_MAX &&
	    verify(&t, password, a))
		return let_in(db, &t, peer, a, answer_r, e);
	guard_wrong(name, peer, clock_ms());
	log_info("log-in: a wrong name or password from %.*s",
		SPAN_FMT(peer));
	answer_r->result = LOGIN_WRONG;
	answer_r->text = SPAN("The name or the password is wrong.");
	return 0;
}

struct standing {
	struct account account;
	struct span peer;
	bool must_change;	/* it only waits for a new password */
};

/* Whose session the cookie is; false in *found_r: nobody's. */
static int find_session(struct db *db, struct span cookie, struct arena *a,
	struct standing *s_r, bool *found_r, struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct db_rows *rows;
	struct span name;

	hash_sha256(cookie, hash);
	*found_r = false;
	if (db_call(db, "login_session", (const struct db_value[]){
	    DB_OF_BYTES(span_from(hash, sizeof(hash))),
	    DB_OF_TEXT(SPAN(SCOPE)) }, 2, &rows, e) < 0)
		return -1;
	*found_r = db_count(rows) != 0;
	if (*found_r) {
		name = arena_span(a, db_span(rows, 0, 0));
		s_r->must_change = db_bool(rows, 0, 2);
		s_r->peer = arena_span(a, db_span(rows, 0, 3));
	}
	db_rows_free(&rows);
	return *found_r ? find_account(db, name, a, &s_r->account, e) : 0;
}

/* Why the new password is not taken; empty: it is. */
static struct span refuse(const struct standing *s, struct span fresh,
	struct arena *a)
{
	const char *trouble = password_trouble(fresh, s->account.name);
	struct first_login f;

	if (trouble)
		return span_of(trouble);
	if (secret_verify(s->account.hash, fresh) ||
	    (first_login_read(a, &f) && secret_verify(f.hash, fresh)))
		return SPAN("The new password is the old one.");
	return SPAN("");
}

/* All other sessions end; this one goes on under a new token. */
static int set_password(struct db *db, const struct standing *s,
	struct span fresh, struct arena *a, struct login_answer *answer_r,
	struct err *e)
{
	const struct account *t = &s->account;
	char hash[SECRET_HASH_SIZE];

	if (!secret_hash(fresh, hash))
		return err_set(e, ERR_TEMPORARY, "no memory to hash a "
			"password");
	if (db_begin(db, e) < 0)
		return -1;
	if (db_call(db, "login_password", (const struct db_value[]){
	    DB_OF_TEXT(t->name), DB_OF_TEXT(span_of(hash)),
	    DB_OF_TEXTS(t->rights, t->nrights) }, 3, NULL, e) < 0 ||
	    db_call(db, "login_sessions_end", (const struct db_value[]){
	    DB_OF_TEXT(SPAN(SCOPE)), DB_OF_TEXT(t->name) }, 2, NULL, e) < 0 ||
	    make_session(db, t, s->peer, false, a, &answer_r->cookie, e) < 0 ||
	    audit(db, t->name, s->peer, "set a password", a, e) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, e);
}

/*
 * An account, or the name that a one-time password was made for. Else it was
 * deleted while its session stood, and must not come back.
 */
static bool is_somebody(const struct account *t, struct arena *a)
{
	struct first_login f;

	return t->hash != nobodys ||
	       (first_login_read(a, &f) && span_eq(f.name, t->name));
}

int login_change(struct db *db, const struct helper_request *r,
	struct arena *a, struct login_answer *answer_r, struct err *e)
{
	struct span cookie = r->text[0], old = r->text[1], fresh = r->text[2];
	struct standing s = { 0 };
	struct first_login f;
	bool found;

	if (find_session(db, cookie, a, &s, &found, e) < 0)
		return -1;
	answer_r->result = LOGIN_WRONG;
	answer_r->text = SPAN("The session has ended: log in again.");
	if (!found || !is_somebody(&s.account, a))
		return 0;
	answer_r->wait_s = guard_wait(s.account.name, s.peer, clock_ms());
	if (answer_r->wait_s) {
		answer_r->result = LOGIN_WAIT;
		answer_r->text = waiting(a, answer_r->wait_s);
		return 0;
	}
	answer_r->text = SPAN("The old password is wrong.");
	if (!s.must_change && (old.n > HELPER_PASSWORD_MAX ||
	    !secret_verify(s.account.hash, old))) {
		guard_wrong(s.account.name, s.peer, clock_ms());
		return 0;
	}
	answer_r->result = LOGIN_WEAK;
	answer_r->text = refuse(&s, fresh, a);
	if (answer_r->text.n)
		return 0;
	if (set_password(db, &s, fresh, a, answer_r, e) < 0)
		return -1;
	answer_r->result = LOGIN_DONE;
	if (first_login_read(a, &f) && span_eq(f.name, s.account.name) &&
	    first_login_end(e) < 0)
		log_warn("log-in: %s", e->text);
	return 0;
}
