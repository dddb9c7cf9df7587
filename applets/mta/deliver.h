/*
 * The last step of delivery, started by Postfix's pipe(8) as user pm-mail in
 * the root: one message from stdin into one Maildir.
 */
#ifndef MTA_DELIVER_H
#define MTA_DELIVER_H

/* argv: deliver USER DOMAIN. Exit codes are pipe(8)'s (sysexits.h). */
int deliver_main(int argc, char **argv);

#endif
