/*
 * The charsets by number: private to the files charset*.c.
 */
#ifndef MAIL_CHARSET_CODE_H
#define MAIL_CHARSET_CODE_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Code and name of the converter. Each is a superset of what its labels name,
 * as clients have it (GB2312 is read as GB18030, Shift_JIS as CP932).
 */
#define CHARSET_CONVERTED(X) \
	X(866, "CP866") X(8859_2, "ISO-8859-2") X(8859_3, "ISO-8859-3") \
	X(8859_4, "ISO-8859-4") X(8859_5, "ISO-8859-5") \
	X(8859_6, "ISO-8859-6") X(8859_7, "ISO-8859-7") \
	X(8859_8, "ISO-8859-8") X(8859_10, "ISO-8859-10") \
	X(8859_13, "ISO-8859-13") X(8859_14, "ISO-8859-14") \
	X(8859_15, "ISO-8859-15") X(8859_16, "ISO-8859-16") \
	X(KOI8_R, "KOI8-R") X(KOI8_U, "KOI8-U") X(MAC, "MACINTOSH") \
	X(MAC_UK, "MAC-UK") X(874, "CP874") X(1250, "CP1250") \
	X(1251, "CP1251") X(1253, "CP1253") X(1254, "CP1254") \
	X(1255, "CP1255") X(1256, "CP1256") X(1257, "CP1257") \
	X(1258, "CP1258") X(437, "CP437") X(850, "CP850") X(852, "CP852") \
	X(GB18030, "GB18030") X(BIG5, "BIG5-HKSCS") X(EUC_TW, "EUC-TW") \
	X(EUC_JP, "EUC-JP-MS") X(SJIS, "CP932") X(UHC, "UHC") \
	X(JOHAB, "JOHAB") X(VISCII, "VISCII") X(TCVN, "TCVN") \
	X(2022_JP, "ISO-2022-JP-3") X(2022_KR, "ISO-2022-KR") \
	X(2022_CN, "ISO-2022-CN-EXT") X(UTF7, "UTF-7")

enum charset_code {
	CHARSET_NONE,		/* not said */
	CHARSET_ASCII,
	CHARSET_UTF8,
	CHARSET_1252,
	CHARSET_UTF16,		/* its first bytes say which */
	CHARSET_UTF16LE,
	CHARSET_UTF16BE,
	CHARSET_UTF32,
	CHARSET_UTF32LE,
	CHARSET_UTF32BE,
	CHARSET_HZ,		/* GB18030 in seven bits */
#define CHARSET_CODE(code, name) CHARSET_##code,
	CHARSET_CONVERTED(CHARSET_CODE)
#undef CHARSET_CODE
	CHARSET_OTHER,		/* not known here */
	CHARSET_N
};

enum charset_code charset_code_of(struct span label);

/* Does a byte below 0x80 always stand for itself? */
bool charset_has_ascii(enum charset_code code);

/* Ours, or with a converter that is open? */
bool charset_is_known(enum charset_code code);

void charset_add_code(struct span text, enum charset_code code,
	struct buf *out);
struct span charset_text_code(struct span text, enum charset_code code,
	struct arena *a);

/* The byte of Windows-1252 for a code point, or -1. */
int charset_1252_byte(uint32_t code);
/* Opens the converters of charset_write. */
void charset_open_writers(void);

/* How many bytes at the front are well-formed UTF-8 and not NUL. */
size_t charset_utf8_run(struct span s);

#endif
