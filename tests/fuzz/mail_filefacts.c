/* Documents: any bytes; what is found lies in bounds, the budget holds. */
#include "mail/filefacts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* A window that does not fit is refused, as the scanner's RLIMIT_AS does. */
const char *__asan_default_options(void)
{
	return "max_allocation_size_mb=512:allocator_may_return_null=1";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct mail_limits l = mail_default_limits;
	struct archive_budget b;
	struct file_facts f;
	struct span s = span_from(data, size);

	l.archive_bytes = 16 << 20;
	l.archive_entries = 200;
	archive_budget_begin(&b, &l);
	filefacts_read(s, type_of(s), &b, a, NULL, &f);
	if (b.bytes > l.archive_bytes || b.entries > l.archive_entries ||
	    f.nlinks > FILE_LINKS_MAX ||
	    f.nmembers > l.archive_entries)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
