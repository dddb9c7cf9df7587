/* A bundle of any bytes: refused, or all of it inside the record. */
#include "engine/bundle.h"
#include "engine/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span record, struct span s)
{
	if (s.n && (s.p < record.p || s.p + s.n > record.p + record.n))
		__builtin_trap();
}

static void check_all(struct span record, const struct bundle *b)
{
	struct span entry;

	for (size_t i = 0; i < b->settings.nnetworks; i++)
		check_inside(record, b->settings.networks[i]);
	for (size_t i = 0; i < b->settings.ndomains; i++)
		check_inside(record, b->settings.domains[i]);
	for (size_t i = 0; i < b->npolicy; i++) {
		check_inside(record, b->policy[i].name);
		check_inside(record, b->policy[i].text);
	}
	for (size_t i = 0; i < b->nlists; i++) {
		check_inside(record, b->lists[i].image);
		list_match(b->lists[i].image, SPAN("a@b.example"), &entry);
		check_inside(record, entry);
		if (!bundle_find_list(b, b->lists[i].name))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct bundle b;
	struct err e;

	if (bundle_open(s, a, &b, &e) == 0)
		check_all(s, &b);
	else if (e.class == ERR_NONE || e.text[0] == 0)
		__builtin_trap();
	if (arena_used(a) > 8 * size + 1024)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
