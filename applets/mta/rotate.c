#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "config.h"
#include "master.h"

enum { LOG_BYTES = 32 << 20, LOG_FILES = 8, NAME_SIZE = 256 };

bool log_rotate(void)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	struct stat st;
	struct err e;

	if (stat(MTA_LOG, &st) < 0 || st.st_size < LOG_BYTES)
		return false;
	for (unsigned i = LOG_FILES - 1; i > 0; i--) {
		snprintf(to, sizeof(to), MTA_LOG ".%u", i);
		if (i > 1)
			snprintf(from, sizeof(from), MTA_LOG ".%u", i - 1);
		else
			snprintf(from, sizeof(from), MTA_LOG);
		if (rename(from, to) < 0 && errno != ENOENT)
			log_warn("%s: cannot be put aside: %s", from,
				strerror(errno));
	}
	if (before_log(&e) < 0)
		log_warn("%s", e.text);
	return true;
}
