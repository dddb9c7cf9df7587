/*
 * How much of its memory and its disk this appliance uses, for reports.
 */
#ifndef AGENT_USE_H
#define AGENT_USE_H

#include "db/db.h"

/* Opens what is looked at later; before the sandbox. */
void use_open(void);
/* Puts the highest use of the day there, once a minute. -1 and *e. */
int use_round(struct db *db, const char *appliance, struct err *e);

#endif
