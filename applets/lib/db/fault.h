/*
 * Which class of error an answer of the server is (PostgreSQL manual,
 * appendix A), and what it means for the connection.
 */
#ifndef DB_FAULT_H
#define DB_FAULT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum fault_end {
	FAULT_KEEP,	/* the connection is as good as before */
	FAULT_CLOSE,	/* the server is in trouble: pause, then a new one */
	FAULT_RENEW,	/* only what it has prepared is out of date */
};

bool fault_is(const PGresult *r);
/*
 * known: the statement was prepared before this call, so it was right once.
 */
enum fault_end fault_set(const PGresult *r, const char *statement,
	bool known, struct err *e);
void fault_lost(const char *text, const char *statement, struct err *e);
/* libpq's text of several lines as one, without what it says twice. */
void fault_line(const char *text, char *out, size_t size);

#endif
