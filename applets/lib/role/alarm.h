/*
 * Alarms: conditions of one table (role/alarms.def), each with what it means
 * for mail and what to do.
 *
 * A process says life_alarm (role/life.h) as often as it likes; the
 * supervisor knows who says what now. The agent's watch process makes of that
 * what people are told: raised once, cleared once, kept in a file below
 * ROOT_STATE that works without any database. A condition that comes and goes
 * stays raised until it was away for ALARM_HOLD_MS.
 */
#ifndef ROLE_ALARM_H
#define ROLE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/root.h"
#include "base/span.h"

enum alarm_severity { ALARM_WARNING, ALARM_ERROR };

enum alarm {
#define ALARM(ident, ...) ALARM_##ident,
#include "role/alarms.def"
#undef ALARM
	ALARM_COUNT
};

struct alarm_kind {
	const char *name;
	enum alarm_severity severity;
	const char *condition, *means, *remedy;
};

extern const struct alarm_kind alarm_kinds[ALARM_COUNT];

/* False: there is no such name. */
bool alarm_find(struct span name, enum alarm *alarm_r);
const char *alarm_severity_name(enum alarm_severity s);

/* --- what people are told, in a file ------------------------------------- */

#define ALARM_FOLDER ROOT_STATE "/alarms"

enum {
	ALARM_SUBJECT_MAX = 80,
	ALARM_TEXT_MAX = 500,
	ALARM_HOLD_MS = 60000,
	ALARM_ENTRIES_MAX = 300,	/* then the oldest cleared ones go */
};

/* By which ways people are told; bits of `raised_by` and `cleared_by`. */
enum { ALARM_BY_WEBHOOK = 1, ALARM_BY_MAIL = 2 };

struct alarm_entry {
	uint64_t number;		/* of this file, never used twice */
	enum alarm alarm;
	char subject[ALARM_SUBJECT_MAX]; /* "filter/broker"; "": only one */
	char text[ALARM_TEXT_MAX];	/* UTF-8, one line */
	char from[ALARM_SUBJECT_MAX];	/* the process that says it */
	int64_t since_ms, cleared_ms;	/* wall; cleared 0: it is raised */
	int64_t acked_ms;		/* somebody knows; 0: nobody */
	int64_t gone_ms;		/* not true since; 0: it is true now */
	unsigned raised_by, cleared_by;	/* ways that are done */
};

struct alarm_book {
	struct alarm_entry *v;		/* by number */
	size_t n, room;
	uint64_t last;
	int lock;			/* -1: read only */
};

/*
 * Reads the book as it is; none is an empty one. Entries are malloc'd and
 * freed by alarm_close.
 */
int alarm_read(struct alarm_book *b, struct err *e);
/* The same for changing it: nobody else changes it until alarm_close. */
int alarm_open(struct alarm_book *b, struct err *e);
/* Puts it back as a whole, safely. */
int alarm_save(struct alarm_book *b, struct err *e);
void alarm_close(struct alarm_book *b);

/* The raised one of that name and subject; NULL. */
struct alarm_entry *alarm_raised(struct alarm_book *b, enum alarm alarm,
	struct span subject);
/* A new one, raised now. Until the next call of it, or alarm_close. */
struct alarm_entry *alarm_add(struct alarm_book *b, enum alarm alarm,
	struct span subject);
/* Raised ones that nobody has acknowledged. */
size_t alarm_open_count(const struct alarm_book *b);

#endif
