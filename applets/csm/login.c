/*
 * The log-in helper: the only process that sees passwords' hashes and makes
 * sessions.
 */
#include "login.h"

#include "base/log.h"
#include "conf/wiring.h"
#include "csm.h"
#include "role/life.h"
#include "role/listen.h"
#include "role/sandbox.h"
#include "web/attendant.h"
#include "web/first_login.h"

enum {
	DB_MS = 5000,
	AS_BYTES = 512 << 20,	/* Argon2id takes 64 MiB of them */
	NOFILE = 64,
};

static int answer(struct db *db, const struct helper_request *r,
	struct arena *a, struct buf *packet, struct err *e)
{
	struct login_answer l = { .result = LOGIN_WRONG };
	int result = r->kind == HELPER_LOGIN ? login_new(db, r, a, &l, e) :
		login_change(db, r, a, &l, e);

	if (result == 0)
		helper_put_login(packet, &l);
	return result;
}

static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ FIRST_LOGIN_FOLDER, SANDBOX_WRITE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE }, /* our certificates */
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = AS_BYTES,
		.fsize = 1 << 20, .nofile = NOFILE });
	if (sandbox_confine(paths, SANDBOX_LOGIN, &e) < 0)
		log_fatal("%s", e.text);
}

int login_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", 16 << 20);
	struct attendant t = { .login = "pm_login", .db_ms = DB_MS,
		.name = "log-in",
		.away = "the database does not answer: nobody can log in; "
			"mail is not affected",
		.first = HELPER_LOGIN, .last = HELPER_CHANGE,
		.answer = answer };
	int listener, signals;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("csm", &e);
	t.conninfo = wiring_conninfo(&w);
	if (t.conninfo == NULL)
		return err_report("csm", (err_set(&e, ERR_PERMANENT, "no "
			"database is wired: run pm setup"), &e));
	listener = listen_for(CSM_LOGIN_SOCKET, "pm-csm", &e);
	if (listener < 0 || first_login_folder(&e) < 0)
		return err_report("csm", &e);
	signals = life_signals();
	confine(p);
	login_begin();
	return attendant_serve(&t, listener, signals, life_ready,
		life_degraded);
}
