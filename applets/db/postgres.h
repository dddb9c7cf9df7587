/*
 * The process `pm db postgres`: parent of the database server.
 */
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include "base/applet.h"

int postgres_run(const struct process *p);

#endif
