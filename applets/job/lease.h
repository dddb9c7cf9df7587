/*
 * Which appliance runs a job of the whole site: a row of the database.
 */
#ifndef JOB_LEASE_H
#define JOB_LEASE_H

#include "run.h"

struct lease;

/*
 * NULL with *e temporary: the database does not answer. NULL with class
 * ERR_NONE: another appliance has it; *e says which. A job that is not the
 * site's, or no database: a lease that does nothing.
 */
struct lease *lease_take(const struct run *r, struct err *e);
/* Now and then while it runs: the row says so. */
void lease_renew(struct lease *l);
void lease_end(struct lease **l, int code);

#endif
