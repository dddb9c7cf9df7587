/*
 * What the functions for pages share: arguments, results, trouble.
 */
#ifndef CSM_CALL_H
#define CSM_CALL_H

#include "worker.h"

struct csm_worker *call_worker(const struct script_call *c);
struct arena *call_arena(const struct script_call *c);
/* Who asks; NULL: nobody is logged in, and the call has failed. */
const struct web_session *call_session(struct script_call *c);
/* Has the session the right? False: trouble is the result. */
bool call_may(struct script_call *c, const char *right);

/* The result is trouble: missing, temporary or wrong by e's class. */
void call_trouble(struct script_call *c, const struct err *e);
void call_missing(struct script_call *c, const char *text);
/* Takes a map for the result. */
struct script_value call_map(struct script_call *c, size_t room);

/* Argument i as an id; false: there is no such thing, trouble is set. */
bool call_id(struct script_call *c, size_t i, struct id *id_r);
/* Argument i as a text; false: a Lua error is set. */
bool call_text(struct script_call *c, size_t i, struct span *s_r);
/* Argument i as a table; nil is an empty one (false). */
bool call_table(struct script_call *c, size_t i,
	const struct script_value **t_r);
/* Fields of a table; absent: empty, 0, false. */
struct span call_field(struct script_call *c, const struct script_value *t,
	const char *name);
int64_t call_number(struct script_call *c, const struct script_value *t,
	const char *name, int64_t absent);
bool call_flag(struct script_call *c, const struct script_value *t,
	const char *name);

/* The functions, by file. */
void lists_held(struct script_call *c);
void lists_get(struct script_call *c);
void lists_groups(struct script_call *c);
void lists_group(struct script_call *c);
void orders_release(struct script_call *c);
void orders_forget(struct script_call *c);
void orders_restore(struct script_call *c);
void orders_forward(struct script_call *c);
void bodies_preview(struct script_call *c);
void bodies_source(struct script_call *c);
void asked_list(struct script_call *c);
void asked_count(struct script_call *c);
void asked_answer(struct script_call *c);
void joblist_all(struct script_call *c);
void joblist_run(struct script_call *c);
void joblist_enable(struct script_call *c);
void reports_names(struct script_call *c);
void reports_make(struct script_call *c);
void reports_file(struct script_call *c);

#endif
