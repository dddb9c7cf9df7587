/*
 * pm db tune: fits PostgreSQL's settings to the host (conf/tune.h).
 */
#ifndef DB_TUNE_H
#define DB_TUNE_H

#include <stdbool.h>

/* Is the first operand of `pm db …` "tune"? Options may stand before it. */
bool tune_is_asked(int argc, char **argv);
/* `pm db tune` with the whole command line of pm db. An exit code. */
int tune_main(int argc, char **argv);

#endif
