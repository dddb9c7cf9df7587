/*
 * One-time passwords: how the first administrator logs in, and who lost a
 * password. Made by root (`pm setup`, `pm csm password`), kept as a hash in
 * ROOT_STATE/csm/first-login, which the log-in helper reads; good for seven
 * days and one log-in, after which only a password can be set.
 */
#ifndef WEB_FIRST_LOGIN_H
#define WEB_FIRST_LOGIN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/root.h"
#include "crypto/secret.h"

#define FIRST_LOGIN_FOLDER ROOT_STATE "/csm"
#define FIRST_LOGIN_FILE FIRST_LOGIN_FOLDER "/first-login"
/* There since the first administrator has set a password. */
#define FIRST_LOGIN_DONE FIRST_LOGIN_FOLDER "/administrator"

enum { FIRST_LOGIN_DAYS = 7 };

struct first_login {
	struct span name;	/* whose account: "admin" */
	const char *hash;	/* crypto/secret.h */
	int64_t ends_ms;	/* wall clock */
	bool used;
};

/* The folder, given to group pm-login when we are root. */
int first_login_folder(struct err *e);
/*
 * A new one for the account, in place of any other.
 */
int first_login_make(const char *name, char password_r[SECRET_WORD_SIZE],
	struct err *e);
/* What there is, in the arena; false: none, or it cannot be read. */
bool first_login_read(struct arena *a, struct first_login *f_r);
/* Could somebody log in with it now? */
bool first_login_good(const struct first_login *f);
/* Nobody can log in with it again. */
int first_login_use(const struct first_login *f, struct err *e);
/* The account has its own password now. */
int first_login_end(struct err *e);

/*
 * Makes one and prints, once, where and how to log in with it. listen: of the
 * wiring, "0.0.0.0:18080".
 */
int first_login_offer(const char *name, const char *listen, struct err *e);

/* Is the text of the form that one-time passwords have? */
bool first_login_looks(struct span password);

#endif
