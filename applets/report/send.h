/*
 * pm report: what its files share. The root is entered.
 */
#ifndef REPORT_SEND_H
#define REPORT_SEND_H

#include "base/args.h"
#include "conf/wiring.h"
#include "db/db.h"
#include "store/report.h"

struct report_options {
	const char *since, *until, *host, *group, *from;
	long long limit, days;
	struct args_list to;
	bool csv, json, svg, send, again, dry_run;
};

/* NULL and *e: none is wired, or it is not for this user. */
struct db *report_database(struct arena *a, struct wiring *w, struct err *e);

/* The reports that args->rest names behind "send", as one mail. */
int report_send(const struct report_options *o, const struct args *args,
	const struct report_ask *ask, struct arena *a, struct err *e);

#endif
