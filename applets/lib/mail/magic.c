#include "mail/mime.h"

#include <string.h>

/* Signatures as file(1) and the formats' papers give them. */
static const struct {
	size_t at;
	struct span bytes;
	const char *type;
} signatures[] = {
#define SIG(at, lit, type) { at, { (const unsigned char *)lit, \
	sizeof(lit) - 1 }, type }
	SIG(0, "PK\3\4", "zip"),
	SIG(0, "PK\5\6", "zip"),
	SIG(0, "PK\7\10", "zip"),
	SIG(0, "%PDF-", "pdf"),
	SIG(0, "\x89PNG\r\n\x1a\n", "png"),
	SIG(0, "GIF87a", "gif"),
	SIG(0, "GIF89a", "gif"),
	SIG(0, "\xff\xd8\xff", "jpg"),
	SIG(0, "MZ", "exe"),
	SIG(0, "\x7f" "ELF", "elf"),
	SIG(0, "Rar!\x1a\7", "rar"),
	SIG(0, "7z\xbc\xaf\x27\x1c", "7z"),
	SIG(0, "\x1f\x8b", "gzip"),
	SIG(0, "BZh", "bzip2"),
	SIG(0, "\xfd" "7zXZ\0", "xz"),
	SIG(0, "\x28\xb5\x2f\xfd", "zstd"),
	SIG(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole2"),
	SIG(0, "{\\rt", "rtf"),
	SIG(257, "ustar", "tar"),
#undef SIG
};

/* Does it start like a page, after blanks and a byte order mark? */
static bool is_html(struct span s)
{
	static const char *const starts[] = {
		"<!doctype html", "<html", "<head", "<body", "<script",
	};

	s = span_sub(s, 0, 512);
	if (span_starts(s, SPAN("\xef\xbb\xbf")))
		s = span_after(s, 3);
	s = span_trim(s);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_casestarts(s, span_of(starts[i])))
			return true;
	return false;
}

struct span mime_magic(struct span content)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (span_starts(span_after(content, signatures[i].at),
			    signatures[i].bytes))
			return span_of(signatures[i].type);
	return is_html(content) ? SPAN("html") : SPAN("");
}
