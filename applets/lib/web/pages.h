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
 * Among several paths that meet a request the one with the fewest parameters
 * answers. With must_change = true a page is also for a session whose
 * password has to be changed; others go to /password then, and to /log-in
 * without a session. r.all.name is an array of all fields of that name.
 *
 * What handlers call besides Lua's own allow list:
 *	render(template, values)	a reply; status = render(t, v, 404)
 *	go(path)			303 to a path of ours
 *	fail(status, sentence)		the error page
 *	file(name, type, bytes)		a download
 *	query(statement, { … })		rows as tables, by column name;
 *					parameters in the statement's order
 *	use(module)			what the file MODULE.lua returned
 *	can(right)			has the session it?
 *	urlquery{ name = value }	"a=b&c=d", encoded, sorted
 *	login(…), …			given by the role
 * and the formats of pages_formats.c: size, count, moment, …
 *
 * A template is lua/web/NAME.html: text with {{expression}} (escaped: there
 * is no other output), {% statement %} (Lua: for, while, if, local, end) and
 * {> NAME} (another template with the same values). The values are `v`, the
 * request is `r`; nil and false are written as nothing.
 * Compiled at start; an expression may stand in text and in quoted
 * attributes only, never in script, style, an event handler or an unquoted
 * attribute, and a URL attribute must begin with "/", "?" or "#" before it:
 * otherwise it does not compile (web/template.h). In a URL an expression is
 * one component, percent-encoded; a table is a query.
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

/* The request that a function of the role was called for, and its reply:
   for a cookie, or for the body of a file(name, type). */
const struct web_request *pages_request(const struct script_call *c);
struct web_reply *pages_reply(const struct script_call *c);

/*
 * The static file of that name: "/static/pm.css", or the form that browsers
 * keep, "/static/VERSION/pm.css", with version() of the pages. From
 * lua/web/static/. False: none.
 */
bool pages_static(struct span path, struct web_reply *reply);

#endif
