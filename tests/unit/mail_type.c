#include "mail/type.h"

#include <zlib.h>

#include "base/clock.h"
#include "mail_test.h"

static void expect_type(struct span s, const char *word)
{
	expect_span(type_word(type_of(s)), word);
}

static void first_bytes(void **state)
{
	static const struct { struct span s; const char *word; } rows[] = {
#define R(lit, word) { { (const unsigned char *)lit, sizeof(lit) - 1 }, word }
		R("PK\3\4abc", "zip"), R("%PDF-1.7", "pdf"),
		R("MZ\x90", "exe"), R("\x7f" "ELF\2", "elf"),
		R("\x1f\x8b\x08", "gzip"), R("\xfd" "7zXZ\0\0", "xz"),
		R("{\\rtf1", "rtf"), R("Rar!\x1a\7\0xx", "rar"),
		R("Rar!\x1a\7\1\0x", "rar5"), R("7z\xbc\xaf\x27\x1c\0", "7z"),
		R("\xca\xfe\xba\xbe\0\0\0\x34\0\x10", "class"),
		R("\xca\xfe\xba\xbe\0\0\0\2\0\0", "macho"),
		R("RIFFxxxxWEBPVP8 ", "webp"), R("RIFFxxxxWAVEfmt", "wav"),
		R("\0\0\0\x1c" "ftypheic", "heic"),
		R("\0\0\0\x1c" "ftypavif", "avif"),
		R("\0\0\0\x1c" "ftypisom", "mp4"),
		R("!<arch>\ndebian-binary  ", "deb"),
		R("!<arch>\nx.o/", "ar"),
		R("ITSF\3\0", "chm"), R("MSCF\0\0\0\0", "cab"),
		R("L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "lnk"),
		R("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "onenote"),
		R("%!PS-Adobe-3.0", "postscript"), R("BM is a car", "text"),
		R("BZh91AY", "bzip2"), R("\x28\xb5\x2f\xfd", "zstd"),
		R("\x78\x9f\x3e\x22", "tnef"), R("", ""),
		R("\0\1\2\3\4\5", ""),
#undef R
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_type(rows[i].s, rows[i].word);
}

static void texts(void **state)
{
	static const char *const rows[][2] = {
		{ "hello", "text" },
		{ "\r\n <!DOCTYPE HTML>", "html" },
		{ "\xef\xbb\xbf<html>", "html" },
		{ "<!-- x --><html><script>", "html" },
		{ "<html><head><HTA:APPLICATION ID=\"a\">", "hta" },
		{ "<?xml version=\"1.0\"?><svg/>", "svg" },
		{ "<?xml version=\"1.0\"?><a/>", "xml" },
		{ "<?xml version='1.0'?>\n<?mso-application "
			"progid='Word.Document'?>", "office-xml" },
		{ "<job id=\"a\"><script language=\"VBScript\">", "wsf" },
		{ "#!/bin/sh\nls", "shell" },
		{ "#!/usr/bin/env python3\n", "python" },
		{ "@echo off\r\nstart x.exe\r\n", "bat" },
		{ "Set o = CreateObject(\"WScript.Shell\")\r\no.Run(\"x\")\r\n",
			"vbs" },
		{ "var a = new ActiveXObject(\"WScript.Shell\"); a.Run(\"c\");",
			"js" },
		{ "$c = New-Object Net.WebClient; $c.DownloadFile($u, $f)",
			"ps1" },
		{ "[InternetShortcut]\r\nURL=file://x\r\n", "url" },
		{ "BEGIN:VCALENDAR\r\n", "ics" }, { "BEGIN:VCARD\r\n", "vcf" },
		{ "-----BEGIN CERTIFICATE-----", "pem" },
		{ "-----BEGIN PGP MESSAGE-----", "pgp" },
		{ "Received: from a\r\nFrom: b\r\nTo: c\r\n\r\nx", "eml" },
		{ "{\"a\": 1}", "json" },
		{ "The function of the document is to eval, var and const are "
			"words of prose that a teacher writes about.", "text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_type(span_of(rows[i][0]), rows[i][1]);
	expect_type(SPAN("\xff\xfe<\0h\0t\0m\0l\0>\0"), "html");
}

/* A ZIP with one stored member and its directory. */
static void put_zip(struct buf *b, const char *name, const char *content)
{
	size_t n = strlen(name), size = strlen(content), at = b->n, cd;
	unsigned char head[46] = "PK\3\4";
	uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)content,
		(uInt)size);

	head[18] = head[22] = (unsigned char)size;
	head[19] = head[23] = (unsigned char)(size >> 8);
	memcpy(head + 14, &crc, 4);
	head[26] = (unsigned char)n;
	buf_add(b, head, 30);
	buf_add(b, name, n);
	buf_add(b, content, size);
	cd = b->n - at;
	memset(head, 0, sizeof(head));
	memcpy(head, "PK\1\2", 4);
	memcpy(head + 16, &crc, 4);
	head[20] = head[24] = (unsigned char)size;
	head[21] = head[25] = (unsigned char)(size >> 8);
	head[28] = (unsigned char)n;
	buf_add(b, head, 46);
	buf_add(b, name, n);
	memset(head, 0, sizeof(head));
	memcpy(head, "PK\5\6", 4);
	head[8] = head[10] = 1;
	head[12] = (unsigned char)(46 + n);
	head[16] = (unsigned char)cd;
	head[17] = (unsigned char)(cd >> 8);
	buf_add(b, head, 22);
}

static void zips(void **state)
{
	static const char *const rows[][3] = {
		{ "a.txt", "x", "zip" },
		{ "META-INF/MANIFEST.MF", "x", "jar" },
		{ "AndroidManifest.xml", "x", "apk" },
		{ "mimetype", "application/epub+zip", "epub" },
		{ "mimetype", "application/vnd.oasis.opendocument.text",
			"odt" },
		{ "[Content_Types].xml", "application/vnd.openxmlformats-office"
			"document.wordprocessingml.document.main+xml", "docx" },
		{ "[Content_Types].xml", "application/vnd.ms-word.document."
			"macroEnabled.main+xml", "docm" },
		{ "[Content_Types].xml", "application/vnd.openxmlformats-office"
			"document.wordprocessingml.document.main+xml "
			"application/vnd.ms-office.vbaProject", "docm" },
		{ "[Content_Types].xml", "application/vnd.ms-excel.sheet."
			"binary.macroEnabled.main", "xlsb" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };

		put_zip(&b, rows[i][0], rows[i][1]);
		expect_type(buf_bytes(&b), rows[i][2]);
	}
}

static void expect_all(struct span s, const char *want, struct arena *a)
{
	struct type_found f[TYPES_MAX];
	size_t n = types_of(s, f, TYPES_MAX);
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%.*s@%zu", i ? " " : "",
			SPAN_FMT(type_word(f[i].type)), f[i].at);
	expect_span(buf_bytes(&b), want);
}

static void several_types_at_once(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "GIF89a;;;;");
	put_zip(&b, "META-INF/MANIFEST.MF", "x");
	expect_all(buf_bytes(&b), "gif@0 jar@10", *state);
	put_zip(&b, "a", "x");
	expect_all(buf_bytes(&b), "gif@0 zip@149 jar@10", *state);
	b.n = 0;
	buf_string(&b, "MZ");
	buf_room(&b, 100);
	memset(b.p + b.n, 0, 98);
	b.n += 98;
	buf_string(&b, "7z\xbc\xaf\x27\x1c");
	buf_byte(&b, 0);
	expect_all(buf_bytes(&b), "exe@0 7z@100", *state);
	b.n = 0;
	put_zip(&b, "a", "x");
	buf_string(&b, "%PDF-1.4");
	expect_all(buf_bytes(&b), "zip@0 pdf@101", *state);
	expect_all(SPAN("\n\n\x81%PDF-1.4"), "text@0 pdf@3", *state);
}

static void names_promise(void **state)
{
	(void)state;
	expect_span(type_word(type_of_name(SPAN("a.PDF"))), "pdf");
	expect_span(type_word(type_of_name(SPAN("a.pdf. . "))), "pdf");
	expect_span(type_word(type_of_name(SPAN("a.pdf.scr"))), "exe");
	expect_span(type_word(type_of_name(SPAN("pdf"))), "");
	assert_true(type_fits_name(TYPE_EXE, SPAN("x.scr")));
	assert_false(type_fits_name(TYPE_EXE, SPAN("x.jpg")));
	assert_true(type_family(TYPE_EXE) !=
		type_family(type_of_name(SPAN("x.jpg"))));
	assert_true(type_is_zip(TYPE_DOCM) && !type_is_zip(TYPE_7Z));
	assert_true(type_is_ole(TYPE_MSI) && !type_is_ole(TYPE_DOCX));
}

static void old_and_new_tar(void **state)
{
	struct buf b = { .arena = *state };
	unsigned sum = 8 * ' ';

	buf_room(&b, 512);
	memset(b.p, 0, 512);
	b.n = 512;
	memcpy(b.p, "name", 4);
	for (int i = 0; i < 512; i++)
		sum += b.p[i];
	snprintf((char *)b.p + 148, 8, "%06o", sum);
	expect_type(buf_bytes(&b), "tar");
	b.p[0] = 'N';
	expect_type(buf_bytes(&b), "");
	memcpy(b.p + 257, "ustar", 5);
	expect_type(buf_bytes(&b), "tar");
	expect_type(span_sub(buf_bytes(&b), 0, 261), "");
}

static void text_is_quick(void **state)
{
	struct span s = repeat(*state, "Some words of prose; (and) a mark. ",
		1 << 20);
	int64_t start = clock_us();

	for (int i = 0; i < 100; i++)
		assert_true(type_of(s) == TYPE_TEXT);
	/* 3.5 GB in at most 3.5 s. */
	assert_true(clock_us() - start < 3500000);
}

static void parse_one(struct span s, struct arena *a)
{
	struct type_found f[TYPES_MAX];

	(void)a;
	type_of(s);
	types_of(s, f, TYPES_MAX);
}

static void cut_at_each_length(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "MZ");
	put_zip(&b, "[Content_Types].xml", "wordprocessingml");
	cut_everywhere(buf_bytes(&b), parse_one);
	cut_everywhere(SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), parse_one);
	cut_everywhere(SPAN("\xff\xfe<\0?\0x\0m\0l\0"), parse_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_bytes), TEST(texts), TEST(zips),
		TEST(several_types_at_once), TEST(names_promise),
		TEST(old_and_new_tar), TEST(text_is_quick),
		TEST(cut_at_each_length),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
