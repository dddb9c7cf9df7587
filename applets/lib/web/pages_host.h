/*
 * What the files of pages*.c share: pages at hand, and values for Lua.
 */
#ifndef WEB_PAGES_HOST_H
#define WEB_PAGES_HOST_H

#include "web/pages.h"
#include "web/template.h"

enum { PAGES_WHERE_SIZE = 96 };

/* What one page() call says. */
struct route {
	struct span path;	/* "/message/:id" */
	bool everybody;		/* no session is needed */
	struct span right;	/* of the session; empty: any session */
	bool must_change;	/* also while the password must be changed */
	int get, post;		/* functions; 0: none */
	char where[PAGES_WHERE_SIZE];
};

/* A template or a module (a .lua file that other files use). */
struct part {
	const char *name;	/* "quarantine" */
	const char *path;	/* "lua/web/csm/quarantine.html" */
	enum { PART_NEW, PART_LOADING, PART_DONE } state;
	struct script_value value;
};

struct parts {
	struct part *v;
	size_t n, cap;
};

struct pages {
	struct arena *arena;
	struct script *script;
	struct db *db;
	void *context;
	struct template_literals literals;
	struct route *routes;
	size_t nroutes, routes_cap;
	struct parts templates, modules;
	bool loaded;		/* page() is over */
	/* The request at hand. */
	const struct web_request *request;
	struct web_reply *reply;
	const struct script_value *values; /* r, as the handler has it */
	struct err query_error;	/* of the last query that failed */
};

/* The pages that are being loaded or answer: one at a time in a thread. */
struct pages *pages_at_hand(void);
void pages_take_in_hand(struct pages *p);

struct script_value pages_text(struct span s);
struct script_value pages_int(int64_t i);
struct script_value pages_bool(bool b);
/* An array of values, as a fresh Lua table. */
struct script_value pages_array(struct arena *a, const struct script_value *v,
	size_t n);
/* Puts name = value at the end of m, which has room for it. */
void pages_put(struct script_value *m, const char *name,
	struct script_value value);
struct script_value pages_map(struct arena *a, size_t room);

/* An argument that must be a text, else c fails with the usage. */
bool pages_arg_text(struct script_call *c, size_t i, const char *usage,
	struct span *s_r);
bool pages_arg_int(struct script_call *c, size_t i, const char *usage,
	int64_t *i_r);
/* What goes on in a page needs a request; false: c fails. */
bool pages_arg_request(struct script_call *c);
/* A value as {{ }} writes it, unescaped, in the arena; false: a table … */
bool pages_plain(const struct script_value *v, struct arena *a,
	struct span *s_r);

/* Loading (pages_load.c). */
int pages_load(struct pages *p, const char *const *folders, struct err *e);
const struct part *pages_template(const struct pages *p, struct span name);
void pages_word_page(struct script_call *c);
void pages_word_use(struct script_call *c);

/* Words of pages and templates (pages_words.c, pages_query.c). */
extern const struct script_function pages_words[];
extern const struct script_function pages_formats[];
void pages_word_query(struct script_call *c);
/* A Lua table as "a=b&c=d", keys sorted. */
bool pages_put_query(struct script_call *c, const struct script_value *t,
	struct buf *b);

/* The version of all static files, in their URLs. */
const char *pages_version(void);

/* Has the session this right? */
bool pages_may(const struct web_session *s, struct span right);

#endif
