/* Archives: any bytes, as any type; the budget holds. */
#include "mail/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* A window that does not fit is refused, as the scanner's RLIMIT_AS does. */
const char *__asan_default_options(void)
{
	return "max_allocation_size_mb=512:allocator_may_return_null=1";
}

static bool visit(void *context, const struct archive_member *m)
{
	size_t *n = context;

	*n += 1;
	if (m->path.n < m->name.n || m->depth == 0)
		__builtin_trap();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct mail_limits l = mail_default_limits;
	struct archive_budget b;
	size_t n = 0;
	struct archive_visitor v = { visit, &n };
	struct span s = span_from(data, size);

	l.archive_bytes = 1 << 20;
	l.archive_entries = 200;
	archive_budget_begin(&b, &l);
	archive_walk(s, type_of(s), SPAN("x"), &b, a, &v);
	if (b.bytes > l.archive_bytes || b.entries > l.archive_entries)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
