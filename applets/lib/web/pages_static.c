#include "web/pages_host.h"

#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "crypto/hash.h"

#define FOLDER "lua/web/static/"

enum { VERSION_DIGITS = 12 };

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" }, { ".png", "image/png" },
	{ ".ico", "image/x-icon" }, { ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

/* Each worker makes it before its first request. */
static char version[HASH_SHA256_HEX_SIZE];

const char *pages_version(void)
{
	struct buf all = { 0 };
	const char *path;

	if (version[0])
		return version;
	for (size_t i = 0; (path = embed_name(FOLDER, i)) != NULL; i++) {
		buf_string(&all, path);
		buf_span(&all, embed_file(path));
	}
	hash_sha256_hex(buf_bytes(&all), version);
	version[VERSION_DIGITS] = 0;
	buf_free(&all);
	return version;
}

static const char *find_type(struct span name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (span_ends(name, span_of(types[i].ending)))
			return types[i].type;
	return NULL;
}

bool pages_static(struct span path, struct web_reply *reply)
{
	struct span name, file;
	char full[PAGES_WHERE_SIZE];
	bool known = false;
	size_t slash;

	if (!span_starts(path, SPAN("/static/")))
		return false;
	name = span_after(path, strlen("/static/"));
	slash = span_chr(name, '/');
	if (slash != SIZE_MAX) {
		known = span_is(span_sub(name, 0, slash), pages_version());
		name = span_after(name, slash + 1);
	}
	if (name.n == 0 || name.n > sizeof(full) - sizeof(FOLDER) ||
	    find_type(name) == NULL || memchr(name.p, 0, name.n))
		return false;
	snprintf(full, sizeof(full), FOLDER "%.*s", SPAN_FMT(name));
	file = embed_file(full);
	if (file.p == NULL)
		return false;
	reply->type = find_type(name);
	/* An old page may ask for an old version: that must not be kept. */
	reply->cache = known;
	buf_span(&reply->body, file);
	return true;
}
