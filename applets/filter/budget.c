#include "budget.h"

#include <stdatomic.h>
#include <unistd.h>

static _Atomic uint64_t used;
static uint64_t limit = 64 << 20;

void budget_start(uint64_t memory_mb)
{
	if (memory_mb)
		limit = memory_mb << 20;
	else
		limit = (uint64_t)sysconf(_SC_PHYS_PAGES) / 8 *
			(uint64_t)sysconf(_SC_PAGESIZE);
}

bool budget_take(size_t n)
{
	if (atomic_fetch_add(&used, n) + n <= limit)
		return true;
	atomic_fetch_sub(&used, n);
	return false;
}

void budget_give(size_t n)
{
	atomic_fetch_sub(&used, n);
}
