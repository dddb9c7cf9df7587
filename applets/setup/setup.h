/*
 * The parts of pm setup: what is asked, what is known of the site, what is
 * written. Nothing is written before everything was judged.
 */
#ifndef SETUP_SETUP_H
#define SETUP_SETUP_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/wiring.h"

struct setup {
	struct arena *a;
	const char *root;
	bool root_exists;
	bool high_ports;
	bool have_now;		/* there is a wiring already … */
	struct wiring now;	/* … this one */
	struct wiring plan;	/* what shall be */
};

/*
 * Asks a person on stdin and stdout, with s->plan as the defaults, and puts
 * the answers there. -1 when the answers end too early.
 */
int ask_plan(struct setup *s, struct err *e);
/* One question with yes or no; *yes_r is the default as well. */
int ask_yes(struct setup *s, const char *question, bool *yes_r,
	struct err *e);
/* The answers of a person who has not answered yet. */
int ask_defaults(struct setup *s, struct err *e);

/* Does HOST:PORT take a connection within 2 s? */
bool probe_answers(const char *host_port);

/* Adds 2500 to the MTA's ports below 1024, and re-injection's 10026. */
void ports_raise(struct arena *a, struct wiring *w);

/*
 * The users and groups of all roles' processes. As root they are created
 * where missing; else one line says which would be needed.
 */
int users_make(struct arena *a, struct err *e);

/*
 * The database's settings (conf/tune.h). tuning_judge says whether this host
 * can carry one, with its errors and warnings on stderr, and returns the
 * number of errors; without the role db it is silent. tuning_apply writes
 * the settings into the entered root.
 */
size_t tuning_judge(struct setup *s, size_t *warnings_r);
int tuning_apply(struct setup *s, struct err *e);

/* Makes users, folders, default policy and lists, and the wiring, last. */
int apply_plan(struct setup *s, struct err *e);
/* With the csm and no administrator yet: how to log in. */
int apply_first_login(struct setup *s, struct err *e);

#endif
