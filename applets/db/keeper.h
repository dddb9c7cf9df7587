/*
 * The process `pm db keeper`: keeps the database's house.
 */
#ifndef DB_KEEPER_H
#define DB_KEEPER_H

#include "base/applet.h"

int keeper_run(const struct process *p);

#endif
