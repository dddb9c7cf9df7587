/* Score, probability, facts as a record, and the questions' socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "engine/check.h"
#include "engine/facts_record.h"

static struct arena *arena;
static const struct bundle bundle = { .generation = 42 };
static const struct envelope env = { .nrcpts = 0 };

static const char message[] =
	"From: A <a@out.example>\r\n"
	"From: B <b@out.example>\r\n"
	"Subject: s\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=x\r\n"
	"\r\n"
	"--x\r\n"
	"Content-Type: text/html\r\n"
	"\r\n"
	"<a href=\"http://link.example/p\">x</a>\r\n"
	"--x\r\n"
	"Content-Type: application/pdf; name=a.pdf\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n"
	"UEsDBAoAAAAAAA==\r\n"
	"--x--\r\n";

static int set_up(void **state)
{
	(void)state;
	arena = arena_new("test", 64 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void test_probability(void **state)
{
	static const struct {
		int32_t score;
		uint8_t p;
	} cases[] = {
		{ -50000, 0 }, { 0, 0 }, { 706, 0 }, { 707, 1 }, { 5979, 49 },
		{ 5980, 50 }, { 6000, 50 }, { 8142, 89 }, { 8143, 90 },
		{ 11292, 99 }, { 11293, 100 }, { 30000, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(check_probability(cases[i].score),
			cases[i].p);
	for (int32_t s = -100; s < 12000; s++)
		assert_true(check_probability(s) <= check_probability(s + 1));
}

static void collect_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_for_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static void test_cap(void **state)
{
	static const struct ask world = { NULL, NULL, collect_nothing,
		wait_for_nothing };
	struct facts *f = facts_new(&env, &bundle, span_of(message), arena);
	int32_t sum = 0;
	bool doubt = false;

	(void)state;
	facts_hit(f, "A", 25000, SPAN(""));
	facts_hit(f, "B", 25000, SPAN(""));
	check_run_all(f, NULL, &world, 0);
	assert_int_equal(f->score, CHECK_SCORE_MAX);
	for (size_t i = 0; i < f->nhits; i++)
		sum += f->hits[i].weight;
	assert_int_equal(sum, f->score);
	assert_true(span_is(f->hits[f->nhits - 1].name, "SCORE_CAP"));
	assert_int_equal(f->hits[f->nhits - 1].weight, -20000);
	assert_true(facts_ambiguous(f));
	for (size_t i = 0; i < f->nhits; i++)
		doubt = doubt || span_is(f->hits[i].name, "AMBIGUOUS_FIELD");
	assert_true(doubt);
}

static void test_record(void **state)
{
	struct facts *f = facts_new(&env, &bundle, span_of(message), arena);
	struct list_hit lists[] = { { 3, SPAN("l"), SPAN("@x") } };
	struct buf b = { .arena = arena };
	struct facts_record r;

	(void)state;
	facts_hit(f, "A", -7, SPAN("why"));
	facts_put(&b, f, lists, 1, false);
	assert_true(facts_get(buf_bytes(&b), arena, &r));
	assert_false(r.urls_known);
	assert_false(r.parts[2].decoded);
	b.n = 0;
	facts_put(&b, f, lists, 1, true);
	assert_true(facts_get(buf_bytes(&b), arena, &r));
	assert_int_equal(r.generation, 42);
	assert_int_equal(r.hits[0].weight, -7);
	assert_int_equal(r.nparts, 3);
	assert_true(span_is(r.parts[2].name, "a.pdf"));
	assert_true(span_is(r.parts[2].true_type, "zip"));
	assert_int_equal(r.parts[2].size, 10);
	assert_int_equal(r.parts[2].sha256.n, 64);
	assert_int_equal(r.nurls, 1);
	assert_true(span_is(r.urls[0], "http://link.example/p"));
	assert_int_equal(r.lists[0].rcpt, 3);
	assert_true(r.flags & MAIL_AMBIG_FIELD);
	for (size_t n = 0; n < b.n; n++)
		assert_false(facts_get(span_sub(buf_bytes(&b), 0, n), arena,
			&r));
}

/* Reads one request at the broker's end. */
static uint32_t take_request(int fd, struct question *q)
{
	static unsigned char p[ASK_DATAGRAM_MAX];
	int fds[IO_MAX_FDS];
	size_t nfds;
	uint32_t id;
	ssize_t n = io_recv(fd, p, sizeof(p), fds, &nfds);

	assert_true(n > 0);
	assert_true(question_get_request(span_from(p, (size_t)n), &id, q));
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	assert_int_equal(nfds, q->kind == ASK_VIRUS);
	return id;
}

static void answer(int fd, uint32_t id, enum ask_state state)
{
	struct question q = { .state = state, .text = SPAN("text") };
	struct buf b = { .arena = arena };

	question_put_answer(&b, id, &q);
	assert_int_equal(io_send(fd, buf_bytes(&b), NULL, 0), 0);
}

static void test_socket(void **state)
{
	struct question virus = { .kind = ASK_VIRUS, .bytes = SPAN("abc") };
	struct question dns = { .kind = ASK_DNS, .name = SPAN("a.example"),
		.type = 1 }, seen;
	struct ask *first, *second;
	uint32_t old, id;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	first = ask_socket_new(pair[0], arena);
	first->send(first->self, &virus, arena);
	first->send(first->self, &dns, arena);
	old = take_request(pair[1], &seen);
	id = take_request(pair[1], &seen);
	assert_true(span_is(seen.name, "a.example"));
	answer(pair[1], id, ASK_NO);
	first->collect(first->self, clock_ms() + 50);
	assert_int_equal(dns.state, ASK_NO);
	assert_int_equal(virus.state, ASK_LATER);
	assert_true(span_is(virus.text, "no answer in time"));

	/* An answer to the message before must not be one to this. */
	second = ask_socket_new(pair[0], arena);
	second->send(second->self, &virus, arena);
	id = take_request(pair[1], &seen);
	assert_int_not_equal(id, old);
	answer(pair[1], old, ASK_NO);
	second->collect(second->self, clock_ms() + 50);
	assert_int_equal(virus.state, ASK_LATER);

	second->send(second->self, &virus, arena);
	close(pair[1]);
	second->collect(second->self, clock_ms() + 5000);
	assert_int_equal(virus.state, ASK_LATER);
	assert_true(ask_socket_lost(second));
	second->send(second->self, &dns, arena);
	assert_int_equal(dns.state, ASK_LATER);
	close(pair[0]);
	assert_true(ask_socket_lost(ask_socket_new(-1, arena)));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_probability), T(test_cap), T(test_record),
		T(test_socket),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
