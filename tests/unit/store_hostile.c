/*
 * Hostile rows through the functions of the product: what a message may say
 * is stored, and found again by what it said. tests/sql/hostile.t starts the
 * server (PM_TEST_DB); without it there is nothing to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "store/archive.h"
#include "store/quarantine.h"

enum { RCPTS = 10000, SUBJECT = 1 << 20 };

static struct arena *a;
static struct db *recorder, *reader;
static struct seal_key *key;

/* Fragments of other languages, each with something to find it by. */
static const struct span fragments[] = {
	SPAN("'; drop table pm.message; --"),
	SPAN("$1 $$ ${x} %s %n %1$s"),
	SPAN("{\"a\",NULL,{b}} \\x00 \\\\ E'\\000'"),
	SPAN("<script>alert(1)</script><img src=x onerror=alert(1)>"),
	SPAN("\"><svg/onload=alert(1)> &lt;b&gt; ]]>"),
	SPAN("foo & | ! :* ' <-> (bar"),
	SPAN("100% _under_ \\% back\\slash"),
	SPAN("nul\0nul"),
	SPAN("\xff\xfe\x80 latin \xe9 \xed\xa0\x80 \xf8\x88\x80\x80\x80"),
	SPAN("\xe2\x80\xae" "evil\xe2\x80\xac \x1b[31m\r\nX-Injected: 1\x07"),
	SPAN("=?utf-8?b?4pyT?= \xf0\x9f\x90\x98 \xc3\xa9"),
	SPAN("NULL"), SPAN("'"), SPAN("\\"), SPAN(""), SPAN("\t\n"),
};

enum { FRAGMENTS = sizeof(fragments) / sizeof(*fragments) };

static struct span made(const char *before, struct span s, const char *behind)
{
	struct buf b = { .arena = a };

	buf_string(&b, before);
	buf_span(&b, s);
	buf_string(&b, behind);
	return buf_bytes(&b);
}

static struct span repeated(const char *what, size_t n)
{
	struct buf b = { .arena = a };

	while (b.n < n)
		buf_printf(&b, "%s%zu ", what, b.n);
	return buf_bytes(&b);
}

/* A message in quarantine with s in every field that is a text. */
static struct held_entry entry_of(struct id id, struct span s)
{
	struct spool_item *item = arena_alloc(a, sizeof(*item));

	item->kind = SPOOL_QUARANTINE;
	item->reason = made("Spam", s, "");
	item->rcpts = arena_array(a, 1, sizeof(struct span));
	item->rcpts[0] = made("rcpt", s, "@example.org");
	item->nrcpts = 1;
	item->trace = s;
	return (struct held_entry){ .record = {
		.id = id, .received_ms = 1790000000000, .relay_addr = s,
		.relay_name = s, .helo = s,
		.mail_from = made("from", s, "@example.net"),
		.queue_id = made("Q", s, ""),
		.subject = made("subject ", s, " marked"),
		.header_from = s, .message_id = made("m", s, ""),
		.words = made("word\n", s, ""), .score = INT32_MIN,
		.probability = 255, .facts = s, .items = item, .nitems = 1,
		.body = s, .body_bytes = s.n,
	} };
}

static void store(const struct held_entry *q)
{
	struct err e;
	bool doubt;

	if (archive_entry(recorder, key, q, q->record.helo, &doubt, &e) < 0)
		fail_msg("%s: %s", q->record.id.text, e.text);
	/* Once more: it stays one. */
	if (archive_entry(recorder, key, q, q->record.helo, &doubt, &e) < 0)
		fail_msg("%s again: %s", q->record.id.text, e.text);
}

struct found {
	const struct id *id;
	unsigned n;
};

static bool count(const struct quarantine_entry *entry, void *context)
{
	struct found *f = context;

	f->n += strcmp(entry->id.text, f->id->text) == 0;
	return true;
}

/* The filter finds the entry, and once. */
static void finds(const struct id *id, struct quarantine_filter f,
	const char *by)
{
	struct quarantine q = { .db = reader, .key = key };
	struct quarantine_trouble trouble;
	struct found found = { id, 0 };
	struct err e;

	f.score_least = INT32_MIN;
	if (quarantine_list(&q, &f, count, &found, &trouble, &e) < 0)
		fail_msg("%s by %s: %s", id->text, by, e.text);
	if (trouble.no_database)
		fail_msg("%s by %s: %s", id->text, by, trouble.why);
	if (found.n != 1)
		fail_msg("%s by %s: %u times", id->text, by, found.n);
}

/* What comes back is what went in, byte for byte. */
static void same(const struct held_entry *want)
{
	struct quarantine q = { .db = reader, .key = key };
	const struct spool_record *r = &want->record;
	struct quarantine_entry got;
	struct err e;

	if (quarantine_get(&q, &r->id, true, a, &got, &e) < 0)
		fail_msg("%s: %s", r->id.text, e.text);
	assert_int_equal(got.nrcpts, r->items[0].nrcpts);
	for (size_t i = 0; i < got.nrcpts; i++)
		assert_true(span_eq(got.rcpts[i].address,
			r->items[0].rcpts[i]));
	assert_true(span_eq(got.record.mail_from, r->mail_from));
	assert_true(span_eq(got.record.subject, r->subject));
	assert_true(span_eq(got.record.facts, r->facts));
	assert_true(span_eq(got.record.body, r->body));
	assert_true(got.score == r->score);
	assert_int_equal(got.probability, r->probability);
}

static void test_fragments(void **state)
{
	(void)state;
	for (size_t i = 0; i < FRAGMENTS; i++) {
		struct held_entry q = entry_of(id_new(), fragments[i]);

		store(&q);
		same(&q);
		finds(&q.record.id, (struct quarantine_filter){ 0 }, "all");
		finds(&q.record.id, (struct quarantine_filter){
			.subject = SPAN("marked") }, "a subject word");
		finds(&q.record.id, (struct quarantine_filter){
			.words = SPAN("word") }, "a word of the text");
		finds(&q.record.id, (struct quarantine_filter){
			.rcpt = SPAN("@example.org") }, "a domain");
		finds(&q.record.id, (struct quarantine_filter){
			.rcpt = q.record.items[0].rcpts[0] }, "its recipient");
		finds(&q.record.id, (struct quarantine_filter){
			.sender = q.record.mail_from }, "its sender");
		finds(&q.record.id, (struct quarantine_filter){
			.reason = q.record.items[0].reason }, "its reason");
	}
}

static void test_big(void **state)
{
	struct held_entry q = entry_of(id_new(), SPAN("big"));
	struct span *rcpts = arena_array(a, RCPTS, sizeof(*rcpts));

	(void)state;
	for (size_t i = 0; i < RCPTS; i++)
		rcpts[i] = span_of(arena_printf(a, "Person%zu@Example.ORG",
			i));
	q.record.items[0].rcpts = rcpts;
	q.record.items[0].nrcpts = RCPTS;
	q.record.subject = repeated("word", SUBJECT);
	q.record.header_from = repeated("from", SUBJECT);
	q.record.mail_from = repeated("x", SUBJECT);
	q.record.words = repeated("w\n", SUBJECT);
	q.record.body = repeated("body", 3 << 20);
	q.record.body_bytes = q.record.body.n;
	store(&q);
	same(&q);
	finds(&q.record.id, (struct quarantine_filter){
		.rcpt = SPAN("person9999@example.org") }, "its last recipient");
	finds(&q.record.id, (struct quarantine_filter){
		.subject = SPAN("word0") }, "the first word");
}

/* Ids and times of no sensible day. */
static void test_times(void **state)
{
	static const struct {
		const char *id;
		int64_t received_ms;
	} rows[] = {
		{ "00000000-0000-7000-8000-000000000001", INT64_MIN },
		{ "00000000-0000-7000-8000-000000000002", -62167219200000 },
		{ "ffffffff-ffff-7fff-bfff-ffffffffffff", 3093527980800000 },
		{ "ffffffff-ffff-7fff-bfff-fffffffffffe", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct held_entry q = entry_of((struct id){ "" }, SPAN("t"));

		assert_true(id_parse(span_of(rows[i].id), &q.record.id));
		q.record.received_ms = rows[i].received_ms;
		store(&q);
		same(&q);
		finds(&q.record.id, (struct quarantine_filter){ 0 }, "all");
	}
}

static int begin(void **state)
{
	char path[64];
	struct err e;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/store_hostile.%d", (int)getpid());
	if (keyfile_make(path, &e) < 0 || (key = seal_load(path, &e)) == NULL)
		fail_msg("%s", e.text);
	unlink(path);
	a = arena_new("test", (size_t)1 << 30);
	recorder = db_new(getenv("PM_TEST_DB"), "pm_recorder", 20000);
	reader = db_new(getenv("PM_TEST_DB"), "pm_csm", 20000);
	return 0;
}

static int end(void **state)
{
	(void)state;
	db_free(&recorder);
	db_free(&reader);
	seal_free(&key);
	arena_free(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_times),
	};

	if (getenv("PM_TEST_DB") == NULL) {
		puts("1..0 # SKIP tests/sql/hostile.t starts the server");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
