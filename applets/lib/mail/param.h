/*
 * Structured field values with parameters: "head; name=value; ..." (RFC 2045
 * section 5.1, RFC 2231), lenient as clients are.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"

struct param {
	struct span name;	/* as written, "filename*0*" */
	struct span value;	/* quotes and folds undone */
	struct span raw;	/* as written, up to the ';' behind it */
	bool doubt;		/* other readers may see another value */
};

struct params {
	struct span head;	/* "text/plain"; comments and blanks left out */
	bool head_doubt;	/* more stood before the first ';' */
	struct param *v;
	size_t n;
	unsigned flags;		/* MAIL_OVER_PARAMS */
};

void params_parse(struct span value, const struct mail_limits *l,
	struct arena *a, struct params *ps_r);

struct param_found {
	struct span value;	/* of an RFC 2231 form: decoded UTF-8 */
	bool extended;		/* it is of an RFC 2231 form */
	bool doubt;		/* several values, or one in doubt */
};

/* The value of that name, RFC 2231 forms first; false: there is none. */
bool params_find(const struct params *ps, struct span name, struct arena *a,
	struct param_found *found_r);

/*
 * All values that clients may see under that name: each parameter's own, the
 * RFC 2231 forms; where a section is there twice or is missing, with the first
 * and the last, and as they stand. At most max, without repetition, what
 * params_find() gives first.
 */
size_t params_all(const struct params *ps, struct span name, struct arena *a,
	size_t max, struct span *v);

/* What follows the last '.' of a file name, or empty. */
struct span param_extension(struct span file_name);

#endif
