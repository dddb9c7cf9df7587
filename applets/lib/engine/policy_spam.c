/*
 * What the checks found: spam with its hits, and viruses.
 */
#include "engine/policy_view.h"

#define VIEW(name) static struct script_value name(void *self)
#define FACTS (((struct policy_host *)self)->run.facts)

#define HIT ((const struct hit *)self)
VIEW(hit_name) { return policy_text(HIT->name); }
VIEW(hit_weight) { return policy_int(HIT->weight); }
VIEW(hit_evidence) { return policy_text(HIT->evidence); }

const struct script_class policy_hit_class = {
	.name = "hit",
	.fields = (const struct script_field[]){
		{ "name", hit_name, "of the check, \"GTUBE\": text" },
		{ "weight", hit_weight,
			"what it adds to the score, 1/1000 logit: number" },
		{ "evidence", hit_evidence, "what was seen: text" },
		{ 0 },
	},
};

VIEW(spam_score) { return policy_int(FACTS->score); }
VIEW(spam_probability) { return policy_int(FACTS->probability); }
VIEW(spam_later) { return policy_bool(FACTS->nlater > 0); }

/* An X for each ten per cent, an I for each further one. */
VIEW(spam_gauge)
{
	static const char marks[] = "XXXXXXXXXXIIIIIIIII";
	unsigned p = FACTS->probability;

	return policy_text(span_from(marks + 10 - p / 10, p / 10 + p % 10));
}

VIEW(spam_hits)
{
	struct facts *f = FACTS;
	struct script_value list, *v = policy_list_begin(self, SEEN_HITS,
		f->nhits, &list);

	for (size_t i = 0; v && i < f->nhits; i++)
		v[i] = policy_object(&policy_hit_class, &f->hits[i]);
	return v ? policy_list_end(self, SEEN_HITS, v, f->nhits) : list;
}

static void spam_has(struct script_call *c)
{
	const struct facts *f = ((struct policy_host *)c->context)->run.facts;
	struct span name;

	if (!policy_arg_text(c, 0, "has(\"HIT\")", &name))
		return;
	c->result = policy_bool(false);
	for (size_t i = 0; i < f->nhits; i++)
		if (span_eq(f->hits[i].name, name))
			c->result = policy_bool(true);
}

const struct script_class policy_spam_class = {
	.name = "spam",
	.fields = (const struct script_field[]){
		{ "score", spam_score,
			"the sum of all hits, 1/1000 logit: number" },
		{ "probability", spam_probability, "0 to 100: number\n"
			"if m.spam.probability >= 90 then "
			"return quarantine(\"Spam\") end" },
		{ "gauge", spam_gauge, "an X for each ten per cent, an I for "
			"each further one, \"XXXXXII\" for 52: text" },
		{ "hits", spam_hits, "what the checks found: list of hits\n"
			"for _, hit in ipairs(m.spam.hits) do "
			"plan:mark(hit.name, hit.evidence) end" },
		{ "later", spam_later,
			"could a check not know in time: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "has", spam_has, "has(name): is it among the hits? boolean\n"
			"if m.spam:has(\"GTUBE\") then return discard() end" },
		{ 0 },
	},
};

static struct script_value virus_is(void *self, enum virus_state state)
{
	return policy_bool(FACTS->virus == state);
}

VIEW(virus_found) { return virus_is(self, VIRUS_FOUND); }
VIEW(virus_later) { return virus_is(self, VIRUS_LATER); }
VIEW(virus_unscannable) { return virus_is(self, VIRUS_UNSCANNABLE); }
VIEW(virus_off) { return virus_is(self, VIRUS_OFF); }
VIEW(virus_name) { return policy_text(FACTS->virus_name); }

const struct script_class policy_virus_class = {
	.name = "virus",
	.fields = (const struct script_field[]){
		{ "found", virus_found, "the engine found one: boolean\n"
			"if m.virus.found then return quarantine(\"Virus\") "
			"end" },
		{ "name", virus_name,
			"of the virus, or why nothing is known: text" },
		{ "unscannable", virus_unscannable,
			"the engine could not scan it: boolean" },
		{ "later", virus_later,
			"the engine gave no answer in time: boolean" },
		{ "off", virus_off, "no engine is wired: boolean" },
		{ 0 },
	},
};

struct script_value policy_get_spam(void *self)
{
	return policy_object(&policy_spam_class, self);
}

struct script_value policy_get_virus(void *self)
{
	return policy_object(&policy_virus_class, self);
}
