/*
 * Lua in a cage: the only layer that includes lua.h.
 *
 * A script holds one Lua state whose whole memory lies in one region. The
 * caller declares classes of objects in C tables, loads chunks (text only),
 * freezes the state as an image, and then, for each message, restores the
 * image, calls functions and forgets: no Lua value outlives a message, and
 * every handle dies with it.
 *
 * What a value points at: texts given to Lua are copied; a list and the texts
 * in it are not, and must live until restore. Texts in the arguments of a
 * call into C live as long as that call; results of script_run and
 * script_call, tables and functions live until restore.
 *
 * Globals are read-only, and reading a name that nobody defined is an error.
 * Allow list of globals; bounded string functions; memory cap in the
 * allocator; step cap and deadline in a hook that pcall cannot swallow. The
 * process around it is the real boundary (role/sandbox.h).
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum { SCRIPT_PLACE_SIZE = 80 };

struct script_limits {
	size_t memory;		/* bytes of the state's region */
	uint64_t steps;		/* VM instructions of one call */
	size_t match_steps;	/* of one find/match/gmatch/gsub */
};

extern const struct script_limits script_default_limits;

enum script_type {
	SCRIPT_NIL, SCRIPT_BOOL, SCRIPT_INT, SCRIPT_REAL, SCRIPT_TEXT,
	SCRIPT_OBJECT,	/* a C object of a class */
	SCRIPT_LIST,	/* an array of values, made by C, read-only in Lua */
	SCRIPT_MAP,	/* named values, made by C: a fresh table in Lua,
			   which comes back as SCRIPT_TABLE; the i-th without
			   a name is its element i (from 1) */
	SCRIPT_TABLE,	/* a Lua table: read with script_table_* in C only */
	SCRIPT_FUNCTION, /* a reference kept by script_ref */
	SCRIPT_FAILED,	/* a field that cannot be read: text says why */
};

struct script_class;

struct script_value {
	enum script_type type;
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct span text;
		struct {
			const struct script_class *class;
			void *self;
		} object;
		struct {
			const struct script_value *v;
			size_t n;
		} list;
		struct {
			const struct script_pair *v;
			size_t n;
		} map;
		int ref;	/* TABLE, FUNCTION: lives until restore */
	};
};

struct script_pair {
	const char *name;
	struct script_value value;
};

struct script;

/* A call from Lua into C. Fill result (default nil) or fail with a text. */
struct script_call {
	struct script *script;
	void *self;		/* the object, for a method */
	void *context;		/* script_set_context */
	const struct script_value *args; /* without self */
	size_t nargs;
	struct script_value result;
	struct err error;	/* class set: becomes a Lua error with
				   file:line of the caller */
	char place[SCRIPT_PLACE_SIZE]; /* script_call_where */
};

/* "50-default.lua:12" of the calling line; found only when it is asked. */
const char *script_call_where(struct script_call *c);

struct script_field {
	const char *name;
	/* self of the class; texts may point into the object. */
	struct script_value (*get)(void *self);
	const char *doc;	/* "the subject, decoded: text", and on
				   further lines an example in Lua */
};

struct script_method {
	const char *name;
	void (*call)(struct script_call *c);
	const char *doc;	/* "listed(name): is the address on it?" */
};

/*
 * Adds to the steps of the Lua call at hand: for work in C that grows with
 * its input. Over the limit the call ends when C returns.
 */
void script_spend(struct script_call *c, uint64_t steps);

/*
 * A class: what Lua may read and call. Reading an unknown field is an error
 * that names the nearest one; writing any field is an error.
 */
struct script_class {
	const char *name;
	const struct script_field *fields;	/* ends with a NULL name */
	const struct script_method *methods;	/* ends with a NULL name */
};

/* Functions put into the globals, e.g. policy, deliver, quarantine. */
struct script_function {
	const char *name;
	void (*call)(struct script_call *c);
	const char *doc;
};

struct script *script_new(const struct script_limits *limits, struct err *e);
void script_free(struct script **s);
/* What script_call.context becomes. */
void script_set_context(struct script *s, void *context);
void script_add_functions(struct script *s, const struct script_function *f);
/* Before the freeze: words of this class are then found at once. */
void script_add_class(struct script *s, const struct script_class *class);
/*
 * What C makes for the script goes to this arena: a script that has made it
 * hold more than max bytes is over its memory limit.
 */
void script_watch_arena(struct script *s, const struct arena *a, size_t max);

/* From now on told of each line that is reached: file as script_run's name. */
void script_watch_lines(struct script *s, void (*reached)(void *self,
	const char *file, unsigned line), void *self);

/*
 * Runs a chunk of text named `name` ("50-default.lua"); *value_r (may be
 * NULL) is what it returned. Errors read "NAME:LINE: what". The step cap and
 * five seconds end it.
 */
int script_run(struct script *s, const char *name, struct span text,
	struct script_value *value_r, struct err *e);

/* Keeps a function argument of the current C call: valid in the image too. */
int script_ref(struct script_call *c, size_t arg);

/* Where the function behind ref is defined: "50-default.lua:12". */
void script_where(struct script *s, int ref, char *out, size_t size);

/*
 * Calls a kept function. deadline_ms (monotonic) and the step cap end it;
 * then *e says "FILE:LINE: ran longer than …". Up to `nresults` results.
 */
int script_call(struct script *s, int ref, const struct script_value *args,
	size_t nargs, int64_t deadline_ms, struct script_value *results_r,
	size_t nresults, struct err *e);

/* The state now is what every message starts from. */
int script_freeze(struct script *s, struct err *e);
/* Back to the frozen state: a copy of memory, no allocation. */
void script_restore(struct script *s);

/* Reading a Lua table from C (wiring, options of an action). */
size_t script_table_count(struct script *s, const struct script_value *t);
/* nil when absent. Texts live in the script until restore or free. */
struct script_value script_table_get(struct script *s,
	const struct script_value *t, const char *key);
struct script_value script_table_at(struct script *s,
	const struct script_value *t, size_t i); /* from 1 */
/* The i-th key (from 0, sorted), for strict readers; empty at the end. */
struct span script_table_key(struct script *s, const struct script_value *t,
	size_t i, struct arena *a);

/* "nil", "text", "table" …: for messages. */
const char *script_type_name(enum script_type t);

#endif
