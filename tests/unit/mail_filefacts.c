#include "mail/filefacts.h"

#include <zlib.h>

#include "mail_sandboxed.h"
#include "mail_test.h"

/* "flags|member type size,|<link>|letters" */
static struct span describe(struct span s, struct arena *a)
{
	struct archive_budget b;
	struct file_facts f;
	struct buf out = { .arena = a };
	const char *word;

	archive_budget_begin(&b, LIMITS);
	filefacts_read(s, type_of(s), &b, a, NULL, &f);
	for (size_t i = 0; (word = filefacts_word(f.flags, i)); i++)
		buf_printf(&out, "%s%s", i ? " " : "", word);
	buf_byte(&out, '|');
	for (size_t i = 0; i < f.nmembers; i++)
		buf_printf(&out, "%.*s %.*s %zu,", SPAN_FMT(f.members[i].path),
			SPAN_FMT(type_word(f.members[i].type)),
			(size_t)f.members[i].size);
	buf_byte(&out, '|');
	for (size_t i = 0; i < f.nlinks; i++)
		buf_printf(&out, "<%.*s>", SPAN_FMT(f.links[i]));
	buf_byte(&out, '|');
	if (f.mail_flags & MAIL_OVER_ARCHIVE)
		buf_byte(&out, 'O');
	if (f.mail_flags & MAIL_UNSCAN_ARCHIVE)
		buf_byte(&out, 'U');
	if (f.mail_flags & MAIL_ENCRYPTED)
		buf_byte(&out, 'E');
	assert_true(b.bytes <= LIMITS->archive_bytes);
	return buf_bytes(&out);
}

static void expect_facts(struct span s, const char *want, struct arena *a)
{
	expect_span(describe(s, a), want);
}

static void rtf(void **state)
{
	static const char *const rows[][2] = {
		{ "{\\rtf1 plain}", "|||" },
		{ "{\\rtf1{\\*\\template http://example.com/a.dotm}}",
			"external link||<http://example.com/a.dotm>|" },
		{ "{\\rtf1{\\field{\\*\\fldinst DDEAUTO c:\\\\x }}}",
			"dde|||" },
		{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK "
			"\"http://example.com/\"}}}",
			"link||<http://example.com/>|" },
		{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \\\\l \"here\"}}}",
			"|||" },
		{ "{\\rtf1{\\object{\\*\\objclass Equation.3}}}",
			"equation|||" },
		/* OLE 1: version, format, class "Package", data "MZ". */
		{ "{\\rtf1{\\object{\\*\\objdata 01050000 02000000 08000000 "
			"5061636b61676500 00000000 00000000 02000000 4d5a}}}",
			"embedded|Package exe 2,||" },
		/* Groups and words between the digits, as droppers write. */
		{ "{\\rtf1{\\object{\\*\\objdata 0105{\\x}0000\\bin0 02000000 "
			"08000000 5061636b61676500 00000000 00000000 02000000 "
			"4d\t5a}}}", "embedded|Package exe 2,||" },
		{ "{\\rtf1\\bin999999 x}", "broken|||U" },
		{ "{\\rtf1 unclosed", "broken|||U" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_facts(span_of(rows[i][0]), rows[i][1], *state);
}

/* B53. */
static void rtf_of_a_million_groups(void **state)
{
	struct buf b = { .arena = *state };
	long start = cpu_ms();

	buf_string(&b, "{\\rtf1");
	buf_span(&b, repeat(*state, "{", 1000000));
	expect_facts(buf_bytes(&b), "broken over|||OU", *state);
	expect_fast(start, 1000);
}

static void pdf(void **state)
{
	static const char *const rows[][2] = {
		{ "%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "|||" },
		{ "%PDF-1.4\n<</OpenAction<</S/JavaScript/JS(app.x\\(\\))>>>>",
			"script open-action|||" },
		{ "%PDF-1.4\n<</A<</S/URI/URI (http://example.com/\\(a\\))>>>>",
			"link||<http://example.com/(a)>|" },
		{ "%PDF-1.4\n<</URI<687474703a2f2f78>>>", "link||<http://x>|" },
		{ "%PDF-1.4\n<</J#61vaScript 1 0 R/A#41 2 0 R>>",
			"script open-action obfuscated|||" },
		{ "%PDF-1.4\n<</S/Launch/F(c)>>", "launch|||" },
		{ "%PDF-1.4\ntrailer<</Encrypt 5 0 R>>", "encrypted|||E" },
		{ "%PDF-1.4\n1 0 obj\n<</Type/EmbeddedFile>>\nstream\nMZxx"
			"endstream", "attached|object exe 4,||" },
		/* What looks like a name in a picture is none. */
		{ "%PDF-1.4\n1 0 obj\n<<>>\nstream\n/JavaScript\nendstream\n",
			"|||" },
		{ "%PDF-1.4\n1 0 obj\n<<>>\nstream\nx", "broken|||U" },
		{ "\n\nx%PDF-1.4\n<</S/Launch>>", "launch misfit|||" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_facts(span_of(rows[i][0]), rows[i][1], *state);
}

static void targets_without_end(void **state)
{
	struct buf b = { .arena = *state };
	long start = cpu_ms();

	buf_string(&b, "%PDF-1.4\n");
	buf_span(&b, repeat(*state, "/URI(", 2000000));
	assert_true(span_find(describe(buf_bytes(&b), *state), SPAN("over")) !=
		SIZE_MAX);
	expect_fast(start, 2000);
}

static void put_stream(struct buf *b, struct span content)
{
	uLongf n = compressBound(content.n);
	unsigned char *out = arena_alloc(b->arena, n);

	compress2(out, &n, content.p, content.n, 9);
	buf_string(b, "1 0 obj\n<</Type/ObjStm/Filter/FlateDecode>>\nstream\n");
	buf_add(b, out, n);
	buf_string(b, "\nendstream\nendobj\n");
}

static void pdf_object_streams(void **state)
{
	struct buf b = { .arena = *state };
	long start;

	buf_string(&b, "%PDF-1.5\n");
	put_stream(&b, SPAN("<</S/JavaScript>>"));
	expect_facts(buf_bytes(&b), "script|||", *state);
	/* B54: a hundred thousand of them; and some that are bombs. */
	for (int i = 0; i < 100000; i++)
		put_stream(&b, SPAN("<<>>"));
	start = cpu_ms();
	expect_facts(buf_bytes(&b), "script over|||O", *state);
	b.n = 0;
	buf_string(&b, "%PDF-1.5\n");
	for (int i = 0; i < 40; i++)
		put_stream(&b, repeat(*state, "\0\0\0\0\0\0\0\0", 0));
	put_stream(&b, span_from(arena_alloc(*state, 20 << 20), 20 << 20));
	expect_span(span_sub(describe(buf_bytes(&b), *state), 0, 6), "broken");
	expect_fast(start, 3000);
}

/* --- OOXML ---------------------------------------------------------------- */

static void put32(struct buf *b, size_t v)
{
	for (int i = 0; i < 4; i++)
		buf_byte(b, (unsigned char)(v >> 8 * i));
}

static void put_sizes(struct buf *b, const char *name, struct span s)
{
	put32(b, crc32(0, s.p, (uInt)s.n));
	put32(b, s.n);
	put32(b, s.n);
	put32(b, strlen(name));
}

/* A docx with one more part. */
static struct span docx(const char *name, struct span part, struct arena *a)
{
	const struct { const char *name; struct span s; } parts[] = {
		{ "[Content_Types].xml", SPAN("<Types>application/vnd.openxml"
			"formats-officedocument.wordprocessingml.document."
			"main+xml</Types>") },
		{ name, part },
	};
	struct buf b = { .arena = a }, dir = { .arena = a };
	size_t start;

	for (int i = 0; i < 2; i++) {
		size_t at = b.n;

		buf_add(&b, "PK\3\4\24\0\0\0\0\0\0\0\0\0", 14);
		put_sizes(&b, parts[i].name, parts[i].s);
		buf_string(&b, parts[i].name);
		buf_span(&b, parts[i].s);
		buf_add(&dir, "PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0", 16);
		put_sizes(&dir, parts[i].name, parts[i].s);
		buf_add(&dir, "\0\0\0\0\0\0\0\0\0\0", 10);
		put32(&dir, at);
		buf_string(&dir, parts[i].name);
	}
	start = b.n;
	buf_span(&b, buf_bytes(&dir));
	buf_add(&b, "PK\5\6\0\0\0\0\2\0\2\0", 12);
	put32(&b, dir.n);
	put32(&b, start);
	buf_add(&b, "\0\0", 2);
	return buf_bytes(&b);
}

static void ooxml(void **state)
{
	static const char *const rows[][3] = {
		{ "word/document.xml", "<w:p>x</w:p>", "|||" },
		{ "word/_rels/settings.xml.rels", "<Relationship Type=\"http://"
			"x/attachedTemplate\" Target=\"http://example.com/"
			"a?b&amp;c\" TargetMode=\"External\"/>",
			"external link||<http://example.com/a?b&c>|" },
		{ "word/_rels/document.xml.rels", "<Relationship Type=\"http:"
			"//x/hyperlink\" Target='http://example.com/' "
			"TargetMode='External'/>",
			"link||<http://example.com/>|" },
		/* In pieces, as Word and those who hide it write. */
		{ "word/document.xml", "<w:instrText>DD</w:instrText><w:r>"
			"<w:instrText xml:space=\"preserve\">EAUTO c"
			"</w:instrText>"
			"<w:fldChar w:fldCharType=\"end\"/>", "dde|||" },
		{ "word/document.xml", "<w:fldSimple w:instr=\"DDE &quot;c\"/>",
			"dde|||" },
		{ "word/document.xml", "<!DOCTYPE x [<!ENTITY a \"b\"><!ENTITY "
			"c \"&a;&a;\">]><x>&c;</x>", "entity|||" },
		{ "xl/externalLinks/externalLink1.xml", "<externalLink>"
			"<ddeLink ddeService=\"c\"/>", "dde|||" },
		{ "xl/macrosheets/sheet1.xml", "<xm:macrosheet/>", "xl4|||" },
		{ "xl/workbook.xml", "<definedName name=\"_xlnm.Auto_Open\">",
			"autoexec|||" },
		{ "word/embeddings/a.exe", "MZ",
			"embedded|word/embeddings/a.exe exe 2,||" },
		{ "word/vbaProject.bin", "x", "macro|||" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_facts(docx(rows[i][0], span_of(rows[i][1]), *state),
			rows[i][2], *state);
}

static void tables_as_text(void **state)
{
	expect_facts(SPAN("a,=cmd|'/c calc'!A0\n"), "dde|||", *state);
	expect_facts(SPAN("@SUM(1)*cmd|' /C x'!A0"), "|||", *state);
	expect_facts(SPAN("x = a|b, grep | sort!\n"), "|||", *state);
	expect_facts(SPAN("ID;PWXL;N;E\nO;L;E\nNN;NAuto_open;ER1C1\n"),
		"autoexec xl4|||", *state);
}

/* --- OLE2 ----------------------------------------------------------------- */

/* A container of one table sector and one directory sector. */
static struct span container(const char *name, uint32_t fat0, uint32_t fat1,
	struct arena *a)
{
	unsigned char *p = arena_alloc(a, 2048), *root = p + 1024;

	memcpy(p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	p[30] = 9;
	p[32] = 6;
	p[48] = 1;
	p[57] = 16;
	memset(p + 60, 0xff, 4);
	memset(p + 68, 0xff, 4);
	memset(p + 76, 0xff, 436);
	memset(p + 76, 0, 4);
	memset(p + 512, 0xff, 512);
	memcpy(p + 512, &fat0, 4);
	memcpy(p + 516, &fat1, 4);
	for (int i = 0; i < 2; i++) {
		unsigned char *e = root + 128 * i;
		const char *n = i ? name : "Root Entry";

		for (size_t k = 0; n[k]; k++)
			e[2 * k] = (unsigned char)n[k];
		e[64] = (unsigned char)(2 * strlen(n) + 2);
		e[66] = i ? 2 : 5;
		memset(e + 68, 0xff, 12);
		if (i == 0)
			memcpy(e + 76, "\1\0\0\0", 4);
		e[116] = 2;
		e[120] = i ? 0 : 0;
	}
	return span_from(p, 2048);
}

static void compound_files(void **state)
{
	struct arena *a = *state;
	struct span s;
	unsigned char *root;

	expect_facts(container("Equation Native", 0xfffffffd, 0xfffffffe, a),
		"equation|||", a);
	expect_facts(container("EncryptedPackage", 0xfffffffd, 0xfffffffe, a),
		"encrypted|||E", a);
	expect_facts(container("_VBA_PROJECT", 0xfffffffd, 0xfffffffe, a),
		"macro|||", a);
	/* B51: the directory's chain turns in a circle. */
	expect_facts(container("x", 0xfffffffd, 1, a), "broken|||U", a);
	/* An entry that is its own child; a stream that has no sectors. */
	s = container("x", 0xfffffffd, 0xfffffffe, a);
	root = (unsigned char *)s.p + 1024;
	memcpy(root + 128 + 76, "\1\0\0\0", 4);
	expect_facts(s, "broken|||U", a);
	s = container("WordDocument", 0xfffffffd, 0xfffffffe, a);
	root = (unsigned char *)s.p + 1024;
	root[128 + 122] = 1;
	memset(root + 128 + 116, 7, 4);
	expect_facts(s, "broken|||U", a);
	expect_facts(SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "broken|||U",
		a);
}

/* A file in a PDF in an archive outlives the archive's member. */
static void objects_of_members(void **state)
{
	expect_facts(docx("word/embeddings/a.pdf", SPAN("%PDF-1.4\n1 0 obj\n"
		"<</Type/EmbeddedFile>>\nstream\nMZxxendstream"), *state),
		"embedded attached|word/embeddings/a.pdf pdf 60,"
		"word/embeddings/a.pdf/object exe 4,||", *state);
}

static size_t called;

static void count(void *context, const struct file_member *m,
	struct span content)
{
	assert_true(content.n == m->size);
	assert_int_equal(content.n, 2);
	*(size_t *)context += 1;
}

static void members_are_handed_over(void **state)
{
	struct file_each each = { count, &called };
	struct archive_budget b;
	struct file_facts f;
	struct span s = docx("word/embeddings/a.exe", SPAN("MZ"), *state);

	archive_budget_begin(&b, LIMITS);
	filefacts_read(s, type_of(s), &b, *state, &each, &f);
	assert_int_equal(called, 1);
	assert_true(f.decoded);
	/* SHA-256 of "MZ". */
	assert_int_equal(f.members[0].sha256[0], 0x9b);
}

static void read_any(struct span s, struct arena *a)
{
	describe(s, a);
}

static void any_length(void **state)
{
	cut_everywhere(SPAN("{\\rtf1{\\object{\\*\\objdata 01050000 02000000 "
		"08000000 5061636b61676500}\\'4\\bin3 x}"), read_any);
	cut_everywhere(SPAN("%PDF-1.4\n1 0 obj<</Type/ObjStm/Filter/Fl/A#41"
		"/URI<68>>>\nstream\nx\nendstream"), read_any);
	cut_everywhere(docx("word/_rels/a.rels", SPAN("<Relationship Type=\"a\""
		"Target='b' TargetMode=\"External\"><!-- x -->"), *state),
		read_any);
	cut_everywhere(container("Workbook", 0xfffffffd, 0xfffffffe, *state),
		read_any);
}

static void print_facts(struct span name, struct span s)
{
	struct arena *a = arena_new("test", (size_t)1 << 30);

	printf("%.*s %.*s %.*s\n", SPAN_FMT(name),
		SPAN_FMT(type_word(type_of(s))), SPAN_FMT(describe(s, a)));
	arena_free(&a);
}

/* One line a file, for tests/mail/office.t. */
static void print_file(const char *path)
{
	struct arena *a = arena_new("test", (size_t)1 << 30);
	struct buf text = { .arena = a };
	struct span name = span_of(path);
	FILE *in = fopen(path, "rb");
	size_t n;

	if (in == NULL)
		exit(2);
	while ((n = fread(buf_room(&text, 1 << 20), 1, 1 << 20, in)) > 0)
		text.n += n;
	fclose(in);
	run_sandboxed(print_facts, span_after(name, span_rchr(name, '/') + 1),
		buf_bytes(&text));
	arena_free(&a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(rtf), TEST(rtf_of_a_million_groups), TEST(pdf),
		TEST(targets_without_end),
		TEST(pdf_object_streams), TEST(ooxml), TEST(tables_as_text),
		TEST(compound_files),
		TEST(objects_of_members), TEST(members_are_handed_over),
		TEST(any_length),
	};

	archive_prepare();
	for (int i = 1; i < argc; i++)
		print_file(argv[i]);
	if (argc > 1)
		return 0;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
