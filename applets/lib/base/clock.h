/*
 * Time: the monotonic clock for waiting, the wall clock for people.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);		/* CLOCK_MONOTONIC */
int64_t clock_us(void);		/* CLOCK_MONOTONIC */
int64_t clock_wall_ms(void);	/* since 1970, UTC */
void clock_sleep_ms(int64_t ms);

enum { CLOCK_STAMP_SIZE = 25 };
/* "2026-11-22T20:17:05.123Z" */
void clock_stamp(int64_t wall_ms, char out[CLOCK_STAMP_SIZE]);

/* Milliseconds left until a monotonic deadline, never negative. */
int64_t clock_left_ms(int64_t deadline_ms);

#endif
