/*
 * One way of reading a list of addresses. Clients differ in a few habits;
 * each is a bit, so that the readings of all of them can be put together.
 */
#ifndef MAIL_ADDRESS_PARSE_H
#define MAIL_ADDRESS_PARSE_H

#include "mail/address.h"

enum address_habit {
	/* "Doe, John <a@b>": a name's comma does not end it */
	HABIT_JOIN = 1u << 0,
	/* the first that looks like an address: "a@b.c <d@e>", "a@b@c" */
	HABIT_FIRST = 1u << 1,
	/* "a@b\,<c@d>": a backslash hides what follows outside quotes, too */
	HABIT_ESCAPES = 1u << 2,
	/* "x \" <c@d>": a backslash hides nothing inside quotes */
	HABIT_NO_ESCAPES = 1u << 3,
	/* parentheses are blanks */
	HABIT_NO_COMMENTS = 1u << 4,
	/* hosts of a route are addresses without local part */
	HABIT_ROUTES = 1u << 5,
	/* "=?utf-8?q?a,b?=": the bytes of an encoded word are as any */
	HABIT_RAW_WORDS = 1u << 6,
	/* the text has been decoded already */
	HABIT_DECODED = 1u << 7,
};

/* What was met on the way. */
enum address_note {
	NOTE_GROUP = 1u << 0,		/* "name: ...;" */
	NOTE_ROUTE = 1u << 1,		/* <@a:b@c> */
	NOTE_COMMA = 1u << 2,		/* two addresses with none between */
	NOTE_SIDE = 1u << 3,		/* an @ with nothing on a side, or an
					   address in < > without one */
	NOTE_MORE = 1u << 4,		/* more addresses than max */
	NOTE_COMMENT = 1u << 5,		/* one that touches a word, or has no
					   end */
	NOTE_ESCAPE = 1u << 6,		/* a backslash */
	NOTE_JOINED = 1u << 7,		/* a comma that HABIT_JOIN passed */
	NOTE_COLON = 1u << 8,		/* one behind an address */
};

/* As address_list(), with those habits; *notes_r: what was met. */
size_t address_parse(struct span value, unsigned habits, size_t max,
	struct arena *a, struct address **list_r, unsigned *notes_r);

#endif
