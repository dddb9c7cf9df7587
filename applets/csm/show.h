/*
 * What the store and the engine know, as values for Lua (functions.h says
 * how they look). Texts are made valid UTF-8 and copied into the arena.
 */
#ifndef CSM_SHOW_H
#define CSM_SHOW_H

#include "script/script.h"
#include "store/message.h"
#include "store/quarantine.h"
#include "web/helper.h"

struct script_value show_text(struct arena *a, struct span s);
struct script_value show_texts(struct arena *a, const struct span *v,
	size_t n);

/* A row of a list; with_all: also what quarantine_get fills. */
struct script_value show_entry(struct arena *a,
	const struct quarantine_entry *e, bool with_all);
/* nil: there are no facts, or they cannot be read. */
struct script_value show_facts(struct arena *a, struct span facts,
	const struct span *rcpts, size_t nrcpts);
struct script_value show_message(struct arena *a,
	const struct message_record *m, struct script_value events);
struct script_value show_preview(struct arena *a, const struct preview *p);

#endif
