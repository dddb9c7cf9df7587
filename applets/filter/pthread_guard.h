/*
 * Turns on what pthread.c does for libmilter: small stacks, patient creation
 * of threads, and signals left to us. For the rest of the process.
 */
#ifndef FILTER_PTHREAD_GUARD_H
#define FILTER_PTHREAD_GUARD_H

void pthread_guard(void);

#endif
