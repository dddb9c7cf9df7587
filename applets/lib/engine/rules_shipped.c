#include "engine/rules.h"

#include "base/embed.h"

enum { FILES_MAX = 200 };

#define FOLDER "lua/rules/"
#define RECORD "rules.record"

static int compile_shipped(struct arena *a, struct span *record_r,
	struct err *e)
{
	struct rule_file files[FILES_MAX];
	struct buf b = { .arena = a };
	struct ruleset set;
	const char *path;
	size_t n = 0;

	while (n < FILES_MAX && (path = embed_name(FOLDER, n)))
		files[n++] = (struct rule_file){ span_of(path),
			embed_file(path) };
	if (rules_read(files, n, a, &set, e) < 0 ||
	    rules_put(&set, &b, e) < 0)
		return -1;
	*record_r = buf_bytes(&b);
	return 0;
}

struct span rules_embedded(void)
{
	return embed_file(RECORD);
}

int rules_shipped(struct arena *a, struct span *record_r, struct err *e)
{
	*record_r = rules_embedded();
	return record_r->p ? 0 : compile_shipped(a, record_r, e);
}
