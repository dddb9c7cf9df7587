/*
 * User data (userdata_pull.h) on its way to the scanners: front reads the
 * file when it has changed into a sealed memfd, and hands that to each
 * scanner with its next job. Thread-safe.
 */
#ifndef FILTER_USERDATA_SHARE_H
#define FILTER_USERDATA_SHARE_H

#include <stdint.h>

/* Looks whether the file is another; each second, and at the start. */
void userdata_tend(void);

/*
 * A descriptor of the newest, the caller's, and its size and number, for a
 * scanner that has `known` (0: none); -1: it has the newest.
 */
int userdata_share(uint64_t known, uint64_t *number_r, uint64_t *bytes_r);

#endif
