/* Facts as a hostile scanner may write them: refused, or all of it inside
 * the record and within the limits. */
#include "engine/facts_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span record, struct span s)
{
	if (s.n && (s.p < record.p || s.p + s.n > record.p + record.n))
		__builtin_trap();
}

static void check_spans(struct span record, const struct span *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_inside(record, v[i]);
}

static void check_all(struct span record, const struct facts_record *f)
{
	if (f->nhits > FACTS_HITS_MAX || f->virus >= VIRUS_N)
		__builtin_trap();
	check_inside(record, f->subject);
	check_inside(record, f->from);
	check_inside(record, f->virus_name);
	check_spans(record, f->later, f->nlater);
	check_spans(record, f->urls, f->nurls);
	for (size_t i = 0; i < f->nhits; i++) {
		check_inside(record, f->hits[i].name);
		check_inside(record, f->hits[i].evidence);
	}
	for (size_t i = 0; i < f->nparts; i++) {
		const struct part_record *p = &f->parts[i];

		check_spans(record, (struct span[]){ p->type, p->name,
			p->disposition, p->true_type, p->sha256 }, 5);
	}
	for (size_t i = 0; i < f->ndns; i++) {
		check_inside(record, f->dns[i].name);
		check_inside(record, f->dns[i].answer);
	}
	for (size_t i = 0; i < f->nlists; i++)
		check_inside(record, f->lists[i].entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct facts_record f;

	if (facts_get(s, a, &f)) {
		check_all(s, &f);
		if (facts_get(span_sub(s, 0, size - 1), a, &f))
			__builtin_trap();
	}
	if (arena_used(a) > 32 * size + 4096)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
