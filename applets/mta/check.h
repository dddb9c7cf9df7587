/*
 * pm mta check: do Postfix's settings say what they must?
 */
#ifndef MTA_CHECK_H
#define MTA_CHECK_H

/* In the root. Prints each deviation with its remedy; an exit code. */
int check_run(void);

#endif
