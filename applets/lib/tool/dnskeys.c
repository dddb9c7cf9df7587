#include "tool/dnskeys.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum { KEYS_FILE_MAX = 64 << 10 };

struct span dnskeys_read(struct arena *a, const char **why_r)
{
	struct buf text = { .arena = a };
	struct stat st;
	struct err e;

	*why_r = NULL;
	if (stat(DNSTABLE_KEYS, &st) < 0)
		return SPAN("");
	if (st.st_mode & S_IRWXO) {
		*why_r = DNSTABLE_KEYS ": everybody may read it, so it is not "
			"used: chmod 0640 " DNSTABLE_KEYS;
		return SPAN("");
	}
	if (io_slurp(DNSTABLE_KEYS, KEYS_FILE_MAX, &text, &e) < 0) {
		*why_r = arena_printf(a, "%s: DNS lists that want a key are "
			"not asked", e.text);
		return SPAN("");
	}
	return buf_bytes(&text);
}
