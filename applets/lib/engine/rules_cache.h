/*
 * Compiled rules kept on the disk: compiling a site's own takes seconds where
 * there are many, and front does it at each start and publication.
 *
 * One of a few files in the folder, named by the hash of what was compiled
 * (names, texts, this pm, version of the library), holds that hash, the hash
 * of the record, and the record (engine/rules.h). One that is damaged, of
 * others, or that anybody but root and we could have written counts as none.
 */
#ifndef ENGINE_RULES_CACHE_H
#define ENGINE_RULES_CACHE_H

#include "engine/rules.h"

/*
 * Appends the record of these files: the kept one, or a new one, which is
 * then kept where that can be. folder NULL: nothing is kept. Errors are
 * rules_read's and rules_put's.
 */
int rules_cache_put(const char *folder, const struct rule_file *files,
	size_t n, struct buf *b, struct err *e);

#endif
