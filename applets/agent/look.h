/*
 * What is wrong at this moment: what processes say of themselves, what the
 * supervisor knows of them, and what is looked at here.
 */
#ifndef AGENT_LOOK_H
#define AGENT_LOOK_H

#include "base/err.h"
#include "role/alarm.h"

enum { LOOK_MAX = 200 };

struct finding {
	enum alarm alarm;
	char subject[ALARM_SUBJECT_MAX];
	char text[ALARM_TEXT_MAX];
	char from[ALARM_SUBJECT_MAX];
};

struct findings {
	struct finding v[LOOK_MAX];
	size_t n;
};

/* One that is there already keeps its text. */
void look_add(struct findings *f, enum alarm alarm, struct span subject,
	struct span text, struct span from);
/* Roles, their processes and the disk. -1: the supervisor does not answer. */
int look_around(struct findings *f, struct err *e);

#endif
