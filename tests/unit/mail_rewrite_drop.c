/*
 * Attachments that give way to a note: the bytes, and what must stay.
 */
#include "mail_test.h"

#include "mail/charset.h"
#include "mail/rewrite.h"

#define MIXED "MIME-Version: 1.0\r\n" \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define TEXT "--b\r\n\r\nhello\r\n"
#define EXE "--b\r\nContent-Type: application/x-exe; name=a.exe\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\nTVqQ\r\n"
#define NOTE_HEAD "Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Disposition: inline\r\nContent-Transfer-Encoding: "
#define GONE "--b\r\n" NOTE_HEAD "7bit\r\n\r\ngone\r\n"

struct row {
	const char *what, *raw;
	unsigned part;			/* document order */
	const char *note, *want;	/* want NULL: `why` */
	const char *why;
	const char *banner;
};

static const struct row rows[] = {
	{ "the last of two", MIXED TEXT EXE "--b--\r\n", 2, "gone\n",
		.want = MIXED TEXT GONE "--b--\r\n" },
	{ "the first of two", MIXED EXE TEXT "--b--\r\nend", 1, "gone",
		.want = MIXED GONE TEXT "--b--\r\nend" },
	{ "the only one", MIXED EXE "--b--\r\n", 1, "gone",
		.want = MIXED GONE "--b--\r\n" },
	{ "no end", MIXED TEXT EXE, 2, "gone", .want = MIXED TEXT GONE },
	{ "no body", MIXED TEXT "--b\r\nContent-Type: a/b\r\n\r\n--b--\r\n", 2,
		"gone", .want = MIXED TEXT GONE "--b--\r\n" },
	{ "bare line feeds", "Content-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Type: a/b\n\nx\n--b--\n", 1, "one\r\ntwo",
		.want = "Content-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Disposition: inline\n"
		"Content-Transfer-Encoding: 7bit\n\none\ntwo\n--b--\n" },
	{ "a note in UTF-8", MIXED TEXT EXE "--b--\r\n", 2,
		"Gr\xc3\xbc\xc3\x9f",
		.want = MIXED TEXT "--b\r\n" NOTE_HEAD "quoted-printable\r\n"
		"\r\nGr=C3=BC=C3=9F\r\n--b--\r\n" },
	{ "a note with a boundary in it", MIXED TEXT EXE "--b--\r\n", 2,
		"x\n--b--\n", .want = MIXED TEXT "--b\r\n" NOTE_HEAD "base64"
		"\r\n\r\neA0KLS1iLS0NCg==\r\n--b--\r\n" },
	{ "the message itself", "Subject: x\r\nContent-Type: a/b; name=x\r\n"
		"Content-Disposition: attachment; filename=x\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nTVqQ\r\n", 0, "gone",
		.want = "Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n"
		"Content-Disposition: inline\r\nMIME-Version: 1.0\r\n"
		"Subject: x\r\n\r\ngone\r\n" },
	{ "in a forwarded message", MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--c\r\nContent-Type: a/b\r\n\r\nx\r\n--c--\r\n\r\n--b--\r\n",
		4, "gone", .want = MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--c\r\n" NOTE_HEAD "7bit\r\n\r\ngone\r\n--c--\r\n\r\n--b--\r\n"
		},
	{ "the forwarded message is the file", MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: a/b\r\nMIME-Version: 1.0\r\n\r\nx\r\n--b--\r\n",
		3, "gone", .want = MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"MIME-Version: 1.0\r\n\r\ngone\r\n\r\n--b--\r\n" },
	{ "the forwarded message as a whole", MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: multipart/signed; boundary=c\r\n\r\n"
		"--c\r\n\r\nx\r\n--c--\r\n\r\n--b--\r\n", 2, "gone",
		.want = MIXED TEXT GONE "--b--\r\n" },
	{ "in a forwarded signed message", MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		"Content-Type: multipart/signed; boundary=c\r\n\r\n"
		"--c\r\nContent-Type: a/b\r\n\r\nx\r\n--c--\r\n\r\n--b--\r\n",
		4, "gone", .why = "signed" },
	{ "in an encoded message", MIXED TEXT "--b\r\n"
		"Content-Type: message/rfc822\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"Q29udGVudC1UeXBlOiBhL2INCg0KeA0K\r\n--b--\r\n", 3, "gone",
		.why = "ambiguous" },
	{ "signed", "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		TEXT EXE "--b--\r\n", 2, "gone", .why = "signed" },
	{ "a file in a text", MIXED "--b\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\n"
		"end\r\n--b--\r\n", 2, "gone", .why = "embedded" },
	{ "a text, and a banner to what is left", MIXED "--b\r\n"
		"Content-Type: text/html; name=a.htm; charset=koi8-r\r\n\r\n"
		"<b>x</b>\r\n" EXE "--b--\r\n", 1, "gone", .banner = "site",
		.want = MIXED "--b\r\n" NOTE_HEAD "7bit\r\n\r\ngone\r\nsite\r\n"
		EXE "--b--\r\n" },
};

static struct span edited(const struct row *row, struct span raw,
	struct arena *a, const char **why_r)
{
	const struct rewrite_banner b = { .text = row->banner ?
		span_of(row->banner) : SPAN("") };
	struct edit_splice *s;
	struct rewrite_field *f;
	size_t ns, nf, from = 0;
	struct buf out = { .arena = a };
	struct rewrite *r;
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	mime_open(&m);
	r = rewrite_new(&m, LIMITS, a);
	*why_r = row->part < m.n ? rewrite_drop(r, m.parts[row->part],
		span_of(row->note)) : "no such part";
	if (row->banner && *why_r == NULL)
		*why_r = rewrite_banner(r, &b);
	rewrite_finish(r, &s, &ns, &f, &nf);
	for (size_t i = 0; i < nf; i++)
		buf_printf(&out, "%.*s: %.*s\r\n", SPAN_FMT(f[i].name),
			SPAN_FMT(f[i].value));
	for (size_t i = 0; i < m.root->header.n; i++) {
		const struct header_field *h = &m.root->header.fields[i];
		bool gone = false;

		for (size_t k = 0; k < nf; k++)
			gone |= span_caseeq(h->name, f[k].name);
		if (!gone)
			buf_span(&out, span_sub(raw, h->at, h->size));
	}
	from = m.root->header.end;
	for (size_t i = 0; i < ns; i++) {
		assert_true(s[i].at >= from);
		buf_span(&out, span_sub(raw, from, s[i].at - from));
		buf_span(&out, s[i].insert);
		from = s[i].at + s[i].remove;
	}
	assert_true(from <= raw.n);
	buf_span(&out, span_after(raw, from));
	return buf_bytes(&out);
}

static void parts_give_way_to_notes(void **state)
{
	struct arena *a = arena_new("test", 1 << 28);

	(void)state;
	charset_open_all();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		const char *why;
		struct span now;

		print_message("# %s\n", row->what);
		now = edited(row, span_of(row->raw), a, &why);
		if (row->why) {
			assert_non_null(why);
			assert_string_equal(why, row->why);
			continue;
		}
		assert_null(why);
		expect_span(now, row->want);
		arena_reset(a);
	}
	arena_free(&a);
}

/* Two parts, and one that the other holds: each byte is replaced once. */
static void drops_add_up(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);
	struct span raw = SPAN(MIXED EXE "--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nx\r\n"
		EXE "--b--\r\n");
	static const unsigned order[] = { 4, 3, 1, 2, 3 };
	struct edit_splice *s;
	struct rewrite_field *f;
	size_t ns, nf;
	struct rewrite *r;
	struct mime m;

	(void)state;
	mime_parse(raw, LIMITS, a, &m);
	r = rewrite_new(&m, LIMITS, a);
	for (size_t i = 0; i < 5; i++)
		assert_null(rewrite_drop(r, m.parts[order[i]], SPAN("gone")));
	rewrite_finish(r, &s, &ns, &f, &nf);
	assert_int_equal(ns, 3);
	assert_int_equal(nf, 0);
	for (size_t i = 1; i < ns; i++)
		assert_true(s[i].at >= s[i - 1].at + s[i - 1].remove);
	arena_free(&a);
}

static const struct row *at_hand;

static void cut(struct span raw, struct arena *a)
{
	const char *why;

	edited(at_hand, raw, a, &why);
}

static void any_cut_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		at_hand = &rows[i];
		cut_everywhere(span_of(rows[i].raw), cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_give_way_to_notes),
		cmocka_unit_test(drops_add_up),
		cmocka_unit_test(any_cut_is_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
