#include "crypto/keyfile.h"
#include "crypto/secret.h"
#include "crypto/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

enum { NOW = 1800000000 };

static char folder[] = "/tmp/pm-ticket-XXXXXX";
static struct ticket_keys *keys;
static struct arena *a;

static const struct ticket in_digest = {
	.purpose = TICKET_LINK, .action = TICKET_RELEASE, .end_s = NOW + 60,
	.item = { "019b0000-0001-7000-8000-00000000002a" }, .place = 7,
	.rule = { (const unsigned char *)"spam", 4 },
	.person = { (const unsigned char *)"alice@example.org", 17 },
};

static struct span text_of(const struct ticket *t)
{
	struct buf b = { .arena = a };

	ticket_put(keys, t, &b);
	return buf_bytes(&b);
}

static enum ticket_result read_link(struct span text, struct ticket *t_r)
{
	return ticket_read(keys, text, TICKET_LINK, SPAN(""), NOW, a, t_r);
}

static bool same(const struct ticket *x, const struct ticket *y)
{
	return x->purpose == y->purpose && x->action == y->action &&
		x->end_s == y->end_s && x->place == y->place &&
		strcmp(x->item.text, y->item.text) == 0 &&
		span_eq(x->rule, y->rule) && span_eq(x->person, y->person);
}

static void a_link_comes_back(void **state)
{
	struct ticket t, again;
	struct span text = text_of(&in_digest);

	(void)state;
	assert_int_equal(read_link(text, &t), TICKET_GOOD);
	assert_true(same(&t, &in_digest));
	assert_int_equal(read_link(text_of(&in_digest), &again), TICKET_GOOD);
	assert_string_equal(t.key.text, again.key.text);
	assert_int_equal(t.key.text[14], '8');
	for (size_t i = 0; i < text.n; i++)
		assert_non_null(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_", text.p[i],
			64));
}

/* Each field is under the proof: another ticket, another text and name. */
static void every_field_counts(void **state)
{
	struct ticket others[8], first, t;
	struct span text = text_of(&in_digest);

	(void)state;
	for (size_t i = 0; i < 8; i++)
		others[i] = in_digest;
	others[0].action = TICKET_DELETE;
	others[1].end_s++;
	others[2].item.text[35] = 'b';
	others[3].place = 8;
	others[4].rule = SPAN("spam2");
	others[5].person = SPAN("alice@example.orh");
	/* The same letters, parted elsewhere. */
	others[6].rule = SPAN("spama");
	others[6].person = SPAN("lice@example.org");
	others[7].person = SPAN("");
	assert_int_equal(read_link(text, &first), TICKET_GOOD);
	for (size_t i = 0; i < 8; i++) {
		struct span other = text_of(&others[i]);
		struct buf mixed = { .arena = a };

		assert_int_equal(read_link(other, &t), TICKET_GOOD);
		assert_true(same(&t, &others[i]));
		assert_string_not_equal(t.key.text, first.key.text);
		/* Its fields under the proof of the first. */
		buf_span(&mixed, span_sub(other, 0, other.n - 24));
		buf_span(&mixed, span_after(text, text.n - 24));
		if (!span_eq(buf_bytes(&mixed), text))
			assert_int_equal(read_link(buf_bytes(&mixed), &t),
				TICKET_BAD);
	}
}

static void nothing_may_be_touched(void **state)
{
	struct span text = text_of(&in_digest);
	unsigned char *copy = arena_alloc(a, text.n);
	struct ticket t;

	(void)state;
	memcpy(copy, text.p, text.n);
	for (size_t i = 0; i < text.n; i++)
		for (unsigned c = 0; c < 256; c++) {
			copy[i] = (unsigned char)c;
			if (c != text.p[i])
				assert_int_equal(read_link(span_from(copy,
					text.n), &t), TICKET_BAD);
			copy[i] = text.p[i];
		}
}

static void nothing_may_be_cut_or_added(void **state)
{
	struct span text = text_of(&in_digest);
	struct buf longer = { .arena = a };
	struct ticket t;

	(void)state;
	for (size_t n = 0; n < text.n; n++) {
		assert_int_equal(read_link(span_sub(text, 0, n), &t),
			TICKET_BAD);
		assert_int_equal(read_link(span_after(text, n + 1), &t),
			TICKET_BAD);
	}
	buf_span(&longer, text);
	for (size_t i = 0; i < 2 * TICKET_TEXT_MAX; i++) {
		buf_byte(&longer, "A=\n "[i % 4]);
		assert_int_equal(read_link(buf_bytes(&longer), &t),
			TICKET_BAD);
	}
}

static void it_ends(void **state)
{
	struct ticket t;
	struct span text = text_of(&in_digest);

	(void)state;
	assert_int_equal(ticket_read(keys, text, TICKET_LINK, SPAN(""),
		in_digest.end_s, a, &t), TICKET_GOOD);
	assert_int_equal(ticket_read(keys, text, TICKET_LINK, SPAN(""),
		in_digest.end_s + 1, a, &t), TICKET_ENDED);
	assert_true(same(&t, &in_digest));
}

static void an_answer_is_its_persons(void **state)
{
	struct ticket reply = in_digest, t;
	struct span text;

	(void)state;
	reply.purpose = TICKET_REPLY;
	reply.rule = SPAN("");
	text = text_of(&reply);
	assert_int_equal(text.n, TICKET_REPLY_TEXT);
	assert_int_equal(ticket_read(keys, text, TICKET_REPLY, in_digest.person,
		NOW, a, &t), TICKET_GOOD);
	assert_true(same(&t, &reply));
	assert_int_equal(ticket_read(keys, text, TICKET_REPLY,
		SPAN("bob@example.org"), NOW, a, &t), TICKET_BAD);
	assert_int_equal(ticket_read(keys, text, TICKET_REPLY, SPAN(""), NOW,
		a, &t), TICKET_BAD);
}

/* One purpose's ticket is nothing for the other. */
static void purposes_are_apart(void **state)
{
	struct ticket reply = in_digest, t;

	(void)state;
	reply.purpose = TICKET_REPLY;
	reply.person = SPAN("");
	assert_int_equal(read_link(text_of(&reply), &t), TICKET_BAD);
	assert_int_equal(ticket_read(keys, text_of(&in_digest), TICKET_REPLY,
		in_digest.person, NOW, a, &t), TICKET_BAD);
	assert_int_equal(ticket_read(keys, text_of(&in_digest), TICKET_REPLY,
		SPAN(""), NOW, a, &t), TICKET_BAD);
}

static void another_key_is_another_site(void **state)
{
	struct ticket_keys *others;
	struct ticket t;
	struct err e;

	(void)state;
	assert_int_equal(keyfile_make("other.key", &e), 0);
	others = ticket_load("other.key", &e);
	assert_non_null(others);
	assert_int_equal(ticket_read(others, text_of(&in_digest), TICKET_LINK,
		SPAN(""), NOW, a, &t), TICKET_BAD);
	ticket_free(&others);
	assert_null(others);
}

static void a_key_is_made_once(void **state)
{
	struct span text = text_of(&in_digest);
	struct stat st;
	struct ticket t;
	struct err e;

	(void)state;
	assert_int_equal(keyfile_make("link.key", &e), 0);
	assert_int_equal(stat("link.key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	ticket_free(&keys);
	keys = ticket_load("link.key", &e);
	assert_int_equal(read_link(text, &t), TICKET_GOOD);
	assert_null(ticket_load("none.key", &e));
	assert_int_equal(e.class, ERR_PERMANENT);
}

/* The link's bytes with one of them changed, and a right proof of that. */
static enum ticket_result proved(size_t at, unsigned char value)
{
	unsigned char master[KEYFILE_SIZE], key[32], tag[32], b[400];
	struct span text = text_of(&in_digest);
	char again[TICKET_TEXT_MAX + 1];
	struct ticket t;
	struct err e;
	size_t n;

	assert_int_equal(keyfile_load("link.key", master, &e), 0);
	crypto_kdf_derive_from_key(key, 32, TICKET_LINK, "pm-tickt", master);
	assert_int_equal(sodium_base642bin(b, sizeof(b),
		(const char *)text.p, text.n, NULL, &n, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
	b[at] = value;
	n -= TICKET_TAG;
	crypto_auth_hmacsha256(tag, b, n, key);
	memcpy(b + n, tag, TICKET_TAG);
	sodium_bin2base64(again, sizeof(again), b, n + TICKET_TAG,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return read_link(span_of(again), &t);
}

static void what_is_proved_is_still_looked_at(void **state)
{
	(void)state;
	assert_int_equal(proved(0, 1), TICKET_GOOD);
	assert_int_equal(proved(0, 0), TICKET_BAD);
	assert_int_equal(proved(0, 2), TICKET_BAD);
	assert_int_equal(proved(1, TICKET_REPLY), TICKET_BAD);
	assert_int_equal(proved(2, TICKET_OPT_IN), TICKET_GOOD);
	assert_int_equal(proved(2, TICKET_ACTION_N), TICKET_BAD);
	assert_int_equal(proved(2, 0), TICKET_BAD);
	assert_int_equal(proved(27, 255), TICKET_BAD);
}

static void rubbish_is_refused(void **state)
{
	unsigned char bytes[TICKET_TEXT_MAX + 40];
	struct ticket t;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		secret_random(bytes, sizeof(bytes));
		for (size_t k = 0; k < sizeof(bytes); k++)
			if (i % 2)
				bytes[k] = 'A' + bytes[k] % 26;
		assert_int_equal(read_link(span_from(bytes, i %
			sizeof(bytes)), &t), TICKET_BAD);
	}
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) < 0 ||
	    keyfile_make("link.key", &e) < 0)
		return -1;
	keys = ticket_load("link.key", &e);
	a = arena_new("test", 64 << 20);
	return keys ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	ticket_free(&keys);
	arena_free(&a);
	unlink("link.key");
	unlink("other.key");
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_comes_back),
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(nothing_may_be_touched),
		cmocka_unit_test(nothing_may_be_cut_or_added),
		cmocka_unit_test(it_ends),
		cmocka_unit_test(an_answer_is_its_persons),
		cmocka_unit_test(purposes_are_apart),
		cmocka_unit_test(another_key_is_another_site),
		cmocka_unit_test(a_key_is_made_once),
		cmocka_unit_test(what_is_proved_is_still_looked_at),
		cmocka_unit_test(rubbish_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
