/*
 * Compiles a page template (web/pages.h says its language) to a Lua chunk
 * that returns function(v, r). A line of the template is a line of the chunk,
 * so Lua's errors name the template's own lines.
 *
 * The chunk calls
 *	put_literal(N)		the N-th literal, as it stands
 *	put_text((EXPR))	escaped text (also in quoted attributes)
 *	put_url((EXPR))		percent-encoded, a table as a query
 *	include("NAME")(v, r)
 *
 * HTML is followed through a state machine, and whatever makes it doubtful
 * what a place means does not compile: values without quotes, elements and
 * attributes that pages do not use, URLs of elsewhere, an expression in a
 * tag, a comment or a script, a block ({% if %} … {% end %}) that does not end
 * in the state in which it began.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Literals of all templates; they point into the templates. */
struct template_literals {
	struct span *v;
	size_t n, cap;
	struct arena *arena;
};

/*
 * name: "frame.html", for errors: "frame.html:12: what". The text lives as
 * long as the literals. On an error chunk holds rubbish.
 */
int template_compile(const char *name, struct span text,
	struct template_literals *literals, struct buf *chunk, struct err *e);

#endif
