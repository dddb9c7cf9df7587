/*
 * Pieces of a log line that both formats have. For maillog*.c only.
 */
#ifndef MAIL_MAILLOG_WORDS_H
#define MAIL_MAILLOG_WORDS_H

#include "mail/maillog.h"

/* Takes `word` off the front of *s. */
bool maillog_skip(struct span *s, const char *word);
/* What is between `name` (", relay=") and the next of `ends`; or empty. */
struct span maillog_value(struct span s, const char *name, const char *ends);
/* "<address>" at the front of *s: taken off, without <>. False: none. */
bool maillog_address(struct span *s, struct span *address_r);
/* What is behind `name` ("to=<") up to its ">"; false: not there. */
bool maillog_address_of(struct span s, const char *name,
	struct span *address_r);
/* "name[192.0.2.1]", "name [192.0.2.1]", "[192.0.2.1]:25". */
void maillog_client(struct span s, struct maillog_event *ev);
/* -1: not a number. */
int64_t maillog_number(struct span s);

/* Behind "PROGRAM[PID]: ". ev has what was before it. */
enum maillog_step maillog_postfix(struct span service, struct span text,
	struct maillog_event *ev);
enum maillog_step maillog_sendmail(struct span text,
	struct maillog_event *ev);

#endif
