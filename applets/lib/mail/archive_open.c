#include "mail/archive_open.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	CHUNK = 1 << 20,	/* the deadline is looked at between them */
	NAME_MAX_CHARS = 4096,
};
#define WINDOW_MOST (64ull << 20)

static const struct {
	enum type_id type;
	int (*format)(struct archive *a);
	int filter;	/* with the raw format */
} kinds[] = {
	{ TYPE_7Z, archive_read_support_format_7zip, 0 },
	{ TYPE_RAR, archive_read_support_format_rar, 0 },
	{ TYPE_RAR5, archive_read_support_format_rar5, 0 },
	{ TYPE_TAR, archive_read_support_format_tar, 0 },
	{ TYPE_CPIO, archive_read_support_format_cpio, 0 },
	{ TYPE_AR, archive_read_support_format_ar, 0 },
	{ TYPE_DEB, archive_read_support_format_ar, 0 },
	{ TYPE_CAB, archive_read_support_format_cab, 0 },
	{ TYPE_ISO, archive_read_support_format_iso9660, 0 },
	{ TYPE_LHA, archive_read_support_format_lha, 0 },
	{ TYPE_GZIP, archive_read_support_format_raw, ARCHIVE_FILTER_GZIP },
	{ TYPE_BZIP2, archive_read_support_format_raw, ARCHIVE_FILTER_BZIP2 },
	{ TYPE_XZ, archive_read_support_format_raw, ARCHIVE_FILTER_XZ },
	{ TYPE_LZMA, archive_read_support_format_raw, ARCHIVE_FILTER_LZMA },
	{ TYPE_LZIP, archive_read_support_format_raw, ARCHIVE_FILTER_LZIP },
	{ TYPE_ZSTD, archive_read_support_format_raw, ARCHIVE_FILTER_ZSTD },
	{ TYPE_LZ4, archive_read_support_format_raw, ARCHIVE_FILTER_LZ4 },
	{ TYPE_RPM, archive_read_support_format_raw, ARCHIVE_FILTER_RPM },
};

/* Kept open: what is loaded once is found again without a file. */
static iconv_t converters[32];

/*
 * Members have dates, and without TZ in the environment glibc's mktime()
 * looks at /etc/localtime each time, which the sandbox does not forgive.
 */
static void set_time_zone(void)
{
	static char zone[] = "TZ=UTC0";
	size_t n = 0;
	char **all;

	if (getenv("TZ"))
		return;
	while (environ && environ[n])
		n++;
	all = calloc(n + 2, sizeof(*all));
	if (all == NULL)
		return;
	all[0] = zone;
	for (size_t i = 0; i < n; i++)
		all[i + 1] = environ[i];
	environ = all;
	tzset();
}

void archive_prepare(void)
{
	static const char *const from[] = { "UTF-8", "UTF-16LE", "UTF-16BE",
		"CP437", "CP932", "ISO-8859-1", "MACROMAN" };
	size_t n = 0;

	if (converters[0])
		return;
	set_time_zone();
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		converters[n++] = iconv_open("ANSI_X3.4-1968", from[i]);
		converters[n++] = iconv_open("UTF-8", from[i]);
		converters[n++] = iconv_open(from[i], "ANSI_X3.4-1968");
		converters[n++] = iconv_open(from[i], "UTF-8");
	}
}

static la_ssize_t on_read(struct archive *lib, void *context,
	const void **p)
{
	struct archive_reader *r = context;
	struct span piece = span_sub(r->content, r->at, CHUNK);

	(void)lib;
	if (clock_us() > r->ends_us) {
		r->late = true;
		return ARCHIVE_FATAL;
	}
	*p = piece.p;
	r->at += piece.n;
	return (la_ssize_t)piece.n;
}

static la_int64_t on_skip(struct archive *lib, void *context, la_int64_t n)
{
	struct archive_reader *r = context;
	size_t left = r->content.n - r->at;
	size_t step = n < 0 ? 0 : (uint64_t)n < left ? (size_t)n : left;

	(void)lib;
	r->at += step;
	return (la_int64_t)step;
}

static la_int64_t on_seek(struct archive *lib, void *context, la_int64_t to,
	int whence)
{
	struct archive_reader *r = context;
	la_int64_t from = whence == SEEK_CUR ? (la_int64_t)r->at :
		whence == SEEK_END ? (la_int64_t)r->content.n : 0;

	(void)lib;
	if (to > (la_int64_t)r->content.n || from + to < 0)
		return ARCHIVE_FATAL;
	to += from;
	r->at = to > (la_int64_t)r->content.n ? r->content.n : (size_t)to;
	return (la_int64_t)r->at;
}

static bool choose(struct archive *lib, const struct archive_pass *p)
{
	if (type_is_zip(p->type) || p->type == TYPE_APPX)
		return (p->streamed ?
			archive_read_support_format_zip_streamable(lib) :
			archive_read_support_format_zip_seekable(lib)) ==
			ARCHIVE_OK;
	/* 3.6 reads before it is open when this one is appended. */
	if (p->type == TYPE_COMPRESS)
		return archive_read_support_format_raw(lib) == ARCHIVE_OK &&
			archive_read_support_filter_compress(lib) ==
			ARCHIVE_OK;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == p->type)
			return kinds[i].format(lib) == ARCHIVE_OK &&
				(kinds[i].filter == 0 ||
				 archive_read_append_filter(lib,
					kinds[i].filter) == ARCHIVE_OK);
	return false;
}

bool archive_reader_open(struct archive_reader *r,
	const struct archive_pass *p, int64_t ends_us)
{
	*r = (struct archive_reader){ .content = p->content,
		.ends_us = ends_us, .lib = archive_read_new() };
	if (r->lib == NULL)
		return false;
	if (choose(r->lib, p)) {
		/* Tars behind the end of a tar are members, too. */
		archive_read_set_options(r->lib,
			"tar:read_concatenated_archives");
		archive_read_set_seek_callback(r->lib, on_seek);
		if (archive_read_open2(r->lib, r, NULL, on_read, on_skip,
			NULL) == ARCHIVE_OK)
			return true;
	}
	archive_reader_close(r);
	return false;
}

void archive_reader_close(struct archive_reader *r)
{
	if (r->lib)
		archive_read_free(r->lib);
	r->lib = NULL;
}

/* UTF-8 of what libarchive has only as wide characters. */
static struct span from_wide(const wchar_t *w, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; w && w[i] && i < NAME_MAX_CHARS; i++) {
		uint32_t c = (uint32_t)w[i];

		if (c < 0x80) {
			buf_byte(&b, (unsigned char)c);
			continue;
		}
		if (c > 0x10ffff)
			c = 0xfffd;
		if (c > 0xffff)
			buf_byte(&b, (unsigned char)(0xf0 | c >> 18));
		if (c > 0x7ff)
			buf_byte(&b, (unsigned char)(c > 0xffff ?
				0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12));
		buf_byte(&b, (unsigned char)(c > 0x7ff ?
			0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
		buf_byte(&b, (unsigned char)(0x80 | (c & 0x3f)));
	}
	return buf_bytes(&b);
}

/* The libraries' words for it differ by format; all have this in them. */
static bool speaks_of_encryption(struct archive *lib)
{
	const char *text = archive_error_string(lib);

	return text && strstr(text, "ncrypt");
}

enum archive_step archive_reader_next(struct archive_reader *r,
	struct arena *a, struct archive_head *h_r)
{
	struct archive_entry *e;
	int result = archive_read_next_header(r->lib, &e);
	const char *name;

	*h_r = (struct archive_head){ .name = SPAN("") };
	if (result == ARCHIVE_EOF)
		return ARCHIVE_STEP_END;
	if (result < ARCHIVE_WARN) {
		if (speaks_of_encryption(r->lib))
			return ARCHIVE_STEP_ENCRYPTED;
		return result == ARCHIVE_FATAL ? ARCHIVE_STEP_BROKEN :
			ARCHIVE_STEP_BAD;
	}
	name = archive_entry_pathname(e);
	h_r->name = name ? span_of(name) : from_wide(
		archive_entry_pathname_w(e), a);
	h_r->size = archive_entry_size_is_set(e) && archive_entry_size(e) > 0 ?
		(uint64_t)archive_entry_size(e) : 0;
	h_r->is_file = archive_entry_hardlink(e) == NULL &&
		(archive_entry_filetype(e) == AE_IFREG ||
		 archive_entry_filetype(e) == 0);
	h_r->encrypted = archive_entry_is_encrypted(e);
	return ARCHIVE_STEP_MEMBER;
}

bool archive_reader_data(struct archive_reader *r, struct span *piece_r,
	uint64_t *at_r, bool *bad_r)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t at = 0;
	int result = archive_read_data_block(r->lib, &p, &n, &at);

	*piece_r = span_from(p, p ? n : 0);
	*at_r = at < 0 ? 0 : (uint64_t)at;
	*bad_r = result < ARCHIVE_OK;
	if (clock_us() > r->ends_us)
		r->late = true;
	return result == ARCHIVE_OK && !r->late;
}

/* --- windows -------------------------------------------------------------- */

static size_t skip_number(struct span s, size_t at)
{
	while (at < s.n && s.p[at] & 0x80)
		at++;
	return at + 1;
}

/* The dictionary of an xz's first block (xz-file-format 3.1, 5.3.1). */
static uint64_t xz_window(struct span s)
{
	size_t at = 14;
	unsigned filters, bits;

	if (s.n < 24)
		return 0;
	filters = (s.p[13] & 3u) + 1;
	at = s.p[13] & 0x40 ? skip_number(s, at) : at;
	at = s.p[13] & 0x80 ? skip_number(s, at) : at;
	for (; filters && at + 2 < s.n; filters--) {
		if (s.p[at] == 0x21) {
			bits = s.p[at + 2] & 0x3fu;
			return (2ull | (bits & 1)) << (bits / 2 + 11);
		}
		at += 2u + s.p[at + 1];
	}
	return 0;
}

/* RFC 8878, 3.1.1.1: by descriptor, or the whole content is the window. */
static uint64_t zstd_window(struct span s)
{
	if (s.n < 6)
		return 0;
	if (s.p[4] & 0x20)
		return 0;
	return (1ull << (10 + (s.p[5] >> 3))) / 8 * (8u + (s.p[5] & 7));
}

bool archive_window_is_huge(struct span s, enum type_id t)
{
	uint64_t window = 0;

	if (t == TYPE_XZ)
		window = xz_window(s);
	else if (t == TYPE_ZSTD)
		window = zstd_window(s);
	else if (t == TYPE_LZMA && s.n > 5)
		window = s.p[1] | (uint64_t)s.p[2] << 8 |
			(uint64_t)s.p[3] << 16 | (uint64_t)s.p[4] << 24;
	else if (t == TYPE_LZIP && s.n > 6)
		window = 1ull << (s.p[5] & 0x1f);
	return window > WINDOW_MOST;
}
