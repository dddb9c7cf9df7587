#include "db/fault.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"

/* The longest matching prefix of the SQLSTATE counts: put it first. */
static const struct {
	const char *prefix;
	enum err_class class;
	enum fault_end end;
} kinds[] = {
	{ "25006", ERR_TEMPORARY, FAULT_CLOSE },	/* a standby */
	{ "40", ERR_TEMPORARY, FAULT_KEEP },	/* deadlock, serialization */
	{ "55", ERR_TEMPORARY, FAULT_KEEP },	/* locked, in use */
	{ "57014", ERR_TEMPORARY, FAULT_KEEP },	/* took too long */
	{ "08P01", ERR_BUG, FAULT_KEEP },	/* number of parameters */
	{ "08", ERR_TEMPORARY, FAULT_CLOSE },	/* connection */
	{ "25", ERR_TEMPORARY, FAULT_CLOSE },	/* transaction state */
	{ "3D", ERR_TEMPORARY, FAULT_CLOSE },	/* no such database yet */
	{ "42P05", ERR_TEMPORARY, FAULT_CLOSE }, /* prepared twice */
	{ "53", ERR_TEMPORARY, FAULT_CLOSE },	/* disk full, no memory */
	{ "57", ERR_TEMPORARY, FAULT_CLOSE },	/* going down, coming up */
	{ "58", ERR_TEMPORARY, FAULT_CLOSE },	/* I/O error */
	{ "XX", ERR_TEMPORARY, FAULT_CLOSE },	/* damaged, or its bug */
	{ "21", ERR_PERMANENT, FAULT_KEEP },	/* cardinality */
	{ "22", ERR_PERMANENT, FAULT_KEEP },	/* data */
	{ "23", ERR_PERMANENT, FAULT_KEEP },	/* constraints */
	{ "44", ERR_PERMANENT, FAULT_KEEP },	/* with check option */
	{ "54", ERR_PERMANENT, FAULT_KEEP },	/* too big for an index, … */
	{ "P0", ERR_PERMANENT, FAULT_KEEP },	/* raised by a function */
	{ "", ERR_BUG, FAULT_KEEP },
};

bool fault_is(const PGresult *r)
{
	ExecStatusType s = PQresultStatus(r);

	return s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK;
}

void fault_line(const char *text, char *out, size_t size)
{
	struct span rest = span_trim(span_of(text)), line;
	size_t used = 0;

	out[0] = 0;
	while (used < size && span_line(&rest, &line)) {
		line = span_trim(line);
		used += (size_t)snprintf(out + used, size - used, "%s%.*s",
			used ? "; " : "", SPAN_FMT(line));
	}
}

void fault_lost(const char *text, const char *statement, struct err *e)
{
	char line[ERR_TEXT_MAX];

	fault_line(text, line, sizeof(line));
	err_set(e, ERR_TEMPORARY, "database: %s: connection lost: %s",
		statement, line);
}

/* Altered tables and poolers take away what was prepared. */
static bool is_outdated(const char *state)
{
	return span_is(span_of(state), "0A000") ||
	       span_is(span_of(state), "26000");
}

enum fault_end fault_set(const PGresult *r, const char *statement,
	bool known, struct err *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	size_t i = 0;

	if (state == NULL || text == NULL) {
		state = "08000";
		text = PQresultErrorMessage(r);
	}
	if (known && is_outdated(state)) {
		err_set(e, ERR_TEMPORARY, "database: %s: %s (%s)", statement,
			text, state);
		return FAULT_RENEW;
	}
	while (!span_starts(span_of(state), span_of(kinds[i].prefix)))
		i++;
	err_set(e, kinds[i].class, "database: %s: %s (%s)", statement, text,
		state);
	return kinds[i].end;
}
