/*
 * How many bytes of messages front may hold in memory at one time, over all
 * sessions. Thread-safe; nothing waits.
 */
#ifndef FILTER_BUDGET_H
#define FILTER_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* memory_mb 0: an eighth of the RAM. */
void budget_start(uint64_t memory_mb);
bool budget_take(size_t n);
void budget_give(size_t n);

#endif
