/*
 * Pages: Lua handlers and templates of lua/web, run in the cage of
 * script/script.h. A handler's file registers what it answers:
 *
 *	page("/quarantine", { right = "quarantine", get = function(r) …
 *		return render("quarantine", { rows = rows, … }) end,
 *		post = function(r) … return go("/quarantine?…") end })
 *
 * "/message/:id" has a parameter (r.id). right: what the session must have
 * ("" is anybody who is logged in; nil is everybody); without a session the
 * page is the log-in's. r has the fields of the form by name (r.field.name,
 * texts), r.who, r.csrf, r.path, r.peer, r.now_ms.
 *
 * What handlers call besides Lua's own allow list:
 *	render(template, values)	a reply; status = render(t, v, 404)
 *	go(path)			303 to a path of ours
 *	query(statement, { … })		rows as tables, by column name;
 *					parameters in the statement's order
 *	login(…), …			given by the role (pages_add)
 *
 * A template is lua/web/NAME.html: text with {{expression}} (escaped: there
 * is no other output), {% statement %} (Lua: for, if, end) and
 * {> NAME} (another template with the same values). The values are `v`.
 * Compiled at start; an expression may stand in text and in quoted
 * attributes only, never in script, style, an event handler or an unquoted
 * attribute, and a URL attribute must begin with "/", "?" or "#" before it:
 * otherwise it does not compile.
 */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "db/db.h"
#include "script/script.h"
#include "web/http.h"

struct pages;

/*
 * Compiles the .lua and .html files below `folder` ("lua/web/csm/" after
 * "lua/web/all/"). db: for query(); borrowed. functions: what the role adds;
 * their script_call.context is `context`, and pages_request() is the request
 * at hand.
 */
struct pages *pages_new(const char *const *folders, struct db *db,
	const struct script_function *functions, void *context,
	struct err *e);
void pages_free(struct pages **p);

/* Answers a request; never fails: an error is a page with a number that
   stands in the log, too. */
void pages_handle(struct pages *p, const struct web_request *r,
	struct web_reply *reply);

/* The request that a function of the role was called for. */
const struct web_request *pages_request(const struct script_call *c);

/* The static file of that name ("/static/pm.css"); false: none. */
bool pages_static(struct span path, struct web_reply *reply);

#endif
