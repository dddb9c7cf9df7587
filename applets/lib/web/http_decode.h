/*
 * What a client percent-encoded (RFC 3986, and the URL standard's form
 * encoding), strictly: a text that could be read in two ways is refused.
 * Pure: bytes in, texts out; nothing here knows a connection.
 */
#ifndef WEB_HTTP_DECODE_H
#define WEB_HTTP_DECODE_H

#include "web/http.h"

enum {
	HTTP_PATH_MAX = 1024,	/* bytes, encoded */
	HTTP_FIELDS_MAX = 1000,	/* of a query or a form, and of both */
};

/*
 * The path of a target, without its query. False: it does not begin with
 * '/', is too long, has a bad escape, an escaped '/' or '.', an empty
 * segment, "." or "..", ';', '\', a control character, or is not UTF-8.
 */
bool http_decode_path(struct span raw, struct arena *a, struct span *path_r);

/*
 * Names and values of a query or a form, in order; '+' is a space, an empty
 * pair is skipped. False: too many, a bad escape, NUL, a name that is empty
 * or has a control character, or something is not UTF-8.
 */
bool http_decode_form(struct span raw, struct arena *a,
	struct web_pair **pairs_r, size_t *n_r);

#endif
