#include "mail/limits.h"

const struct mail_limits mail_default_limits = {
	.headers = 2000,
	.header_bytes = 2u << 20,
	.parts = 1000,
	.depth = 32,
	.params = 64,
	.decoded_bytes = 64u << 20,
	.urls = 1000,
	.readings = 64,
	.archive_entries = 10000,
	.archive_depth = 8,
	.archive_bytes = 256u << 20,
	.archive_ms = 5000,
};
