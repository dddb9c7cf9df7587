#include "base/embed.h"

struct span embed_file(const char *path)
{
	for (size_t i = 0; embedded[i].path; i++)
		if (span_is(span_of(path), embedded[i].path))
			return span_from(embedded[i].start, (size_t)
				(embedded[i].end - embedded[i].start));
	return (struct span){ NULL, 0 };
}

const char *embed_name(const char *prefix, size_t i)
{
	for (size_t f = 0; embedded[f].path; f++)
		if (span_starts(span_of(embedded[f].path), span_of(prefix)) &&
		    i-- == 0)
			return embedded[f].path;
	return NULL;
}
