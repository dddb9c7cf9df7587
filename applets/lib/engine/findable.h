/*
 * What withheld mail is found by: marks and words (mail/words.h).
 *
 * Marks: hit:NAME · virus:NAME · file:NAME and ext:EXTENSION of attachments
 * and of files in archives · sha256:HEX of their content · rule:POLICY/RULE
 * that said something for a recipient · mark:KEY=VALUE and mark:KEY of
 * plan:mark.
 */
#ifndef ENGINE_FINDABLE_H
#define ENGINE_FINDABLE_H

#include "engine/facts.h"
#include "engine/verdict.h"

/* record: of the facts (engine/facts_record.h), with detail. In its arena. */
struct span findable_words(struct facts *f, const struct verdict *v,
	struct span record);

#endif
