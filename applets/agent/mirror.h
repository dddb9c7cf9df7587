/*
 * The book of alarms in the database, for the pages of other appliances; and
 * what the database itself raised, in the book.
 */
#ifndef AGENT_MIRROR_H
#define AGENT_MIRROR_H

#include "look.h"

struct mirror;

/* conninfo NULL: no database is wired, and nothing is done. */
struct mirror *mirror_new(const char *conninfo, const char *appliance);
/*
 * Each round: what is new in the book is put there, what the database raised
 * is added to the findings. Without a database for a while that is a finding.
 */
void mirror_round(struct mirror *m, const struct alarm_book *b,
	struct findings *f);

#endif
