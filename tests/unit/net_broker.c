/*
 * net/broker.c, with a name server and a virus engine of our own on
 * loopback: answers, silence, garbage, questioners gone wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/question.h"
#include "net/broker.h"
#include "net/virus_pool.h"
#include "role/sandbox.h"

enum { DNS_TIMEOUT = 400, VIRUS_TIMEOUT = 600, SLOW = 300 };

static struct arena *a;
static int dns_socket, engine_socket, asker, stop;
static pid_t helpers[3];
static char resolver[32], engine[32];

/* A loopback socket on a free port; its address goes to text. */
static int bind_loopback(int type, char *text, size_t size)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 64), 0);
	snprintf(text, size, "127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

/*
 * A name server of one label's wit: yes… has an A record, many… has sixty,
 * silent… gets no answer, garbage… nonsense, broken… SERVFAIL, all else does
 * not exist.
 */
static void serve_dns(void)
{
	unsigned char p[4096];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);

	for (;;) {
		ssize_t n = recvfrom(dns_socket, p, sizeof(p), 0,
			(struct sockaddr *)&from, &size);
		struct span label = span_from(p + 13, n > 13 ? p[12] : 0);
		size_t end = 12, answers = 0;

		if (n < 17)
			continue;
		while (end < (size_t)n && p[end])
			end += p[end] + 1U;
		end += 5;
		p[2] |= 0x80;
		p[3] = 0x80;
		memset(p + 6, 0, 6);
		if (span_casestarts(label, SPAN("silent")))
			continue;
		if (span_casestarts(label, SPAN("yes")))
			answers = 1;
		else if (span_casestarts(label, SPAN("many")))
			answers = 60;
		else if (span_casestarts(label, SPAN("broken")))
			p[3] |= 2;
		else
			p[3] |= 3;
		p[7] = (unsigned char)answers;
		for (size_t i = 0; i < answers; i++, end += 16)
			memcpy(p + end, (unsigned char[]){ 0xc0, 12, 0, 1, 0,
				1, 0, 0, 0, 60, 0, 4, 192, 0, 2,
				(unsigned char)i }, 16);
		if (span_casestarts(label, SPAN("garbage")))
			memset(p + 2, 0xff, end - 2);
		sendto(dns_socket, p, end, 0, (struct sockaddr *)&from, size);
	}
}

/* What one connection to the engine says, by the content's first word. */
static void serve_content(int fd)
{
	static unsigned char p[1 << 16];
	size_t n = 0;
	ssize_t got = 1;

	/* "zVERSION"; or "zINSTREAM", its NUL, one chunk, the end. */
	while (got > 0 && (n < 14 || memcmp(p + n - 4, "\0\0\0\0", 4) != 0)) {
		got = recv(fd, p + n, sizeof(p) - n, 0);
		n += got > 0 ? (size_t)got : 0;
		if (n == 9 && memcmp(p, "zVERSION", 9) == 0)
			send(fd, "Test 1", 7, MSG_NOSIGNAL);
	}
	if (n < 14 || memcmp(p, "zINSTREAM", 10) != 0)
		return;
	if (memmem(p, n, "slow", 4))
		clock_sleep_ms(SLOW);
	if (memmem(p, n, "silent", 6))
		clock_sleep_ms(1500);
	else if (memmem(p, n, "EICAR", 5))
		send(fd, "stream: Eicar-Test FOUND", 25, MSG_NOSIGNAL);
	else if (memmem(p, n, "half", 4))
		send(fd, "stream: O", 9, MSG_NOSIGNAL);
	else if (memmem(p, n, "noend", 5))
		send(fd, "stream: OK", 10, MSG_NOSIGNAL);
	else if (memmem(p, n, "twice", 5))
		send(fd, "stream: OK\0stream: X FOUND", 27, MSG_NOSIGNAL);
	else if (memmem(p, n, "huge", 4))
		send(fd, "INSTREAM size limit exceeded. ERROR", 36,
			MSG_NOSIGNAL);
	else if (memmem(p, n, "flood", 5))
		for (int i = 0; i < 100; i++)
			send(fd, p, 4096, MSG_NOSIGNAL);
	else
		send(fd, "stream: OK", 11, MSG_NOSIGNAL);
}

static void serve_engine(void)
{
	for (;;) {
		int fd = accept(engine_socket, NULL, NULL);

		if (fork() == 0) {
			serve_content(fd);
			_exit(0);
		}
		close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static pid_t start(void (*serve)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		serve();
		_exit(0);
	}
	return pid;
}

/* The broker as the filter runs it: inside its sandbox. */
static int run_broker(int fd, int stop_fd, const char *clamd)
{
	struct broker_settings s = { .resolver = resolver,
		.virus = virus_set_of(clamd),
		.dns_timeout_ms = DNS_TIMEOUT,
		.virus_timeout_ms = VIRUS_TIMEOUT, .connections_max = 2 };
	struct err e;

	if (sandbox_calls(SANDBOX_BROKER, &e) < 0 ||
	    broker_serve(&s, -1, fd, stop_fd, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	return 0;
}

static pid_t start_broker(const char *clamd)
{
	int pair[2], stops[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		pair), 0);
	assert_int_equal(pipe2(stops, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		close(stops[1]);
		_exit(run_broker(pair[1], stops[0], clamd));
	}
	close(pair[1]);
	close(stops[0]);
	asker = pair[0];
	stop = stops[1];
	return pid;
}

static int end_broker(pid_t pid)
{
	int status;

	close(asker);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(stop);
	return status;
}

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 64 << 20);
	dns_socket = bind_loopback(SOCK_DGRAM, resolver, sizeof(resolver));
	engine_socket = bind_loopback(SOCK_STREAM, engine, sizeof(engine));
	helpers[0] = start(serve_dns);
	helpers[1] = start(serve_engine);
	helpers[2] = start_broker(engine);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(end_broker(helpers[2]), 0);
	for (int i = 0; i < 2; i++) {
		kill(helpers[i], SIGKILL);
		waitpid(helpers[i], NULL, 0);
	}
	arena_free(&a);
	return 0;
}

static void send_request(uint32_t id, const struct question *q, const int *fds,
	size_t nfds)
{
	struct buf b = { 0 };

	question_put_request(&b, id, q);
	assert_int_equal(io_send(asker, buf_bytes(&b), fds, nfds), 0);
	buf_free(&b);
}

static void ask_name(uint32_t id, const char *name, uint16_t type)
{
	struct question q = { .kind = ASK_DNS, .name = span_of(name),
		.type = type };

	send_request(id, &q, NULL, 0);
}

static int sealed(struct span s)
{
	int fd = memfd_create("content", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	assert_int_equal(io_write_all(fd, s), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

static void ask_content(uint32_t id, const char *content)
{
	struct question q = { .kind = ASK_VIRUS };
	int fd = sealed(span_of(content));

	send_request(id, &q, &fd, 1);
	close(fd);
}

/* The next answer; its id, or 0 when the broker closed the connection. */
static uint32_t next_answer(struct question *q)
{
	static unsigned char bytes[ASK_DATAGRAM_MAX];
	struct pollfd p = { asker, POLLIN, 0 };
	uint32_t id = 0;
	ssize_t n;

	assert_int_equal(poll(&p, 1, 5000), 1);
	n = io_recv(asker, bytes, sizeof(bytes), NULL, NULL);
	if (n <= 0)
		return 0;
	assert_true(question_get_answer(span_from(bytes, (size_t)n), a, &id,
		q));
	return id;
}

static void dns_is_answered(void **state)
{
	struct question q;

	(void)state;
	ask_name(1, "yes.example.org", 1);
	assert_int_equal(next_answer(&q), 1);
	assert_int_equal(q.state, ASK_YES);
	assert_int_equal(q.nrecords, 1);
	assert_true(span_eq(q.records[0], span_from("\300\0\2\0", 4)));
	ask_name(2, "nobody.example.org.", 1);
	assert_int_equal(next_answer(&q), 2);
	assert_int_equal(q.state, ASK_NO);
	ask_name(3, "yes.in.test", 1);
	assert_int_equal(next_answer(&q), 3);
	assert_int_equal(q.state, ASK_YES);
	ask_name(4, "many.example.org", 1);
	assert_int_equal(next_answer(&q), 4);
	assert_int_equal(q.nrecords, 60);
}

/* A failed look-up is "later", never "no". */
static void dns_trouble_is_later(void **state)
{
	static const char *const names[] = { "silent.example.org",
		"garbage.example.org", "broken.example.org" };
	int64_t began = clock_ms();
	struct question q;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		ask_name(10 + i, names[i], 1);
	for (uint32_t i = 0; i < 3; i++) {
		assert_in_range(next_answer(&q), 10, 12);
		assert_int_equal(q.state, ASK_LATER);
		assert_true(q.text.n > 0);
	}
	assert_in_range(clock_ms() - began, 1, DNS_TIMEOUT + 600);
}

/* A question to a list: the zone is what stands behind the first dot. */
static void ask_list(uint32_t id, const char *name, const char *clean)
{
	struct question q = { .kind = ASK_DNS, .name = span_of(name),
		.type = 1, .clean = span_of(clean), .patience_ms = 100 };

	q.zone = (uint8_t)(q.name.n - span_chr(q.name, '.') - 1);
	send_request(id, &q, NULL, 0);
}

/* Questions under way are given up with the zone, others are not. */
static void silent_list_rests(void **state)
{
	int64_t began = clock_ms();
	struct question q;
	char name[64];

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "silent%u.rests.example", i);
		ask_list(500 + i, name, "");
	}
	for (uint32_t i = 0; i < 5; i++) {
		assert_in_range(next_answer(&q), 500, 504);
		assert_int_equal(q.state, ASK_LATER);
	}
	assert_in_range(clock_ms() - began, 100, DNS_TIMEOUT - 10);
	began = clock_ms();
	ask_list(510, "yes.rests.example", "");
	assert_int_equal(next_answer(&q), 510);
	assert_int_equal(q.state, ASK_LATER);
	assert_true(span_is(q.text, "rests: too many questions without an "
		"answer"));
	ask_list(511, "yes.works.example", "");
	assert_int_equal(next_answer(&q), 511);
	assert_int_equal(q.state, ASK_YES);
	assert_true(clock_ms() - began < 300);
}

/* The first question may pass while the proof is under way. */
static void list_of_everything_is_silenced(void **state)
{
	struct question q;

	(void)state;
	ask_list(520, "yes.lies.example", "yes-too");
	assert_int_equal(next_answer(&q), 520);
	clock_sleep_ms(50);
	ask_list(521, "yes.lies.example", "yes-too");
	assert_int_equal(next_answer(&q), 521);
	assert_int_equal(q.state, ASK_LATER);
	assert_true(span_is(q.text, "lists what no list may list"));
	ask_list(522, "yes.lies.example", "");
	assert_int_equal(next_answer(&q), 522);
	assert_int_equal(q.state, ASK_YES);
	ask_list(523, "yes.good.example", "no");
	assert_int_equal(next_answer(&q), 523);
	clock_sleep_ms(50);
	ask_list(524, "yes.good.example", "no");
	assert_int_equal(next_answer(&q), 524);
	assert_int_equal(q.state, ASK_YES);
}

static void what_is_no_name_has_no_records(void **state)
{
	static const char *const names[] = { "", ".", "a..b", "a b.example",
		"\\000.example", "a\nb", "\303\251.example" };
	char big[400];
	struct question q;

	(void)state;
	for (uint32_t i = 0; i < 7; i++) {
		ask_name(20 + i, names[i], 1);
		assert_int_equal(next_answer(&q), 20 + i);
		assert_int_equal(q.state, ASK_NO);
	}
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = 0;
	ask_name(29, big, 1);
	assert_int_equal(next_answer(&q), 29);
	assert_int_equal(q.state, ASK_NO);
}

static void engine_is_asked(void **state)
{
	static const struct {
		const char *content;
		enum ask_state state;
		const char *text;
	} cases[] = {
		{ "harmless", ASK_NO, "" },
		{ "EICAR", ASK_YES, "Eicar-Test" },
		{ "huge", ASK_UNABLE, "INSTREAM size limit exceeded. ERROR" },
		{ "half", ASK_LATER, "clamd: garbled answer" },
		{ "noend", ASK_LATER, "clamd: garbled answer" },
		{ "twice", ASK_LATER, "clamd: garbled answer" },
		{ "flood", ASK_LATER, "clamd: garbled answer" },
		{ "", ASK_NO, "" },
	};
	struct question q;

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		ask_content(30 + i, cases[i].content);
		assert_int_equal(next_answer(&q), 30 + i);
		assert_int_equal(q.state, cases[i].state);
		assert_true(span_is(q.text, cases[i].text));
	}
}

/* A slow engine holds up neither names nor itself beyond its time. */
static void silent_engine_is_later_and_alone(void **state)
{
	int64_t began = clock_ms();
	struct question q;

	(void)state;
	ask_content(40, "silent");
	ask_name(41, "yes.example.org", 1);
	assert_int_equal(next_answer(&q), 41);
	assert_true(clock_ms() - began < VIRUS_TIMEOUT);
	assert_int_equal(next_answer(&q), 40);
	assert_int_equal(q.state, ASK_LATER);
	assert_in_range(clock_ms() - began, VIRUS_TIMEOUT - 50,
		VIRUS_TIMEOUT + 600);
}

/* None waits for another's scan: in lines of eight most would be too late. */
static void slow_scans_go_on_at_once(void **state)
{
	enum { MANY = VIRUS_THREADS_MAX };
	char content[32];
	struct question q;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < MANY; i++) {
			snprintf(content, sizeof(content), "slow %d %u", turn,
				i);
			ask_content(400 + i, content);
		}
		for (uint32_t i = 0; i < MANY; i++) {
			assert_in_range(next_answer(&q), 400, 400 + MANY - 1);
			assert_int_equal(q.state, ASK_NO);
		}
	}
}

static void history_is_not_in_this_version(void **state)
{
	struct question q = { .kind = ASK_HISTORY, .name = SPAN("x") };

	(void)state;
	send_request(50, &q, NULL, 0);
	assert_int_equal(next_answer(&q), 50);
	assert_int_equal(q.state, ASK_LATER);
}

/* More at once than may fly: the rest waits in the socket, none is lost. */
static void many_at_once_are_all_answered(void **state)
{
	enum { MANY = 600 };
	bool seen[MANY] = { false };
	size_t asked = 0, answered = 0;
	struct question q;
	char name[64];

	(void)state;
	while (answered < MANY) {
		while (asked < MANY && asked - answered < 300) {
			snprintf(name, sizeof(name), "yes%zu.example.org",
				asked);
			ask_name(1000 + (uint32_t)asked++, name, 1);
		}
		uint32_t id = next_answer(&q);

		assert_in_range(id, 1000, 1000 + MANY - 1);
		assert_false(seen[id - 1000]);
		seen[id - 1000] = true;
		answered++;
	}
}

static void unwired_engine_is_off(void **state)
{
	int was = asker, was_stop = stop;
	struct question q;
	pid_t pid;

	(void)state;
	pid = start_broker(NULL);
	ask_content(1, "harmless");
	assert_int_equal(next_answer(&q), 1);
	assert_int_equal(q.state, ASK_OFF);
	assert_int_equal(end_broker(pid), 0);
	asker = was;
	stop = was_stop;
}

static void send_garbage(void)
{
	assert_int_equal(io_send(asker, SPAN("garbage"), NULL, 0), 0);
}

static void send_large(void)
{
	static unsigned char big[20000];

	assert_int_equal(io_send(asker, span_from(big, sizeof(big)), NULL, 0),
		0);
}

static void send_content_unsealed(void)
{
	struct question q = { .kind = ASK_VIRUS };
	int fd = memfd_create("content", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	assert_int_equal(io_write_all(fd, SPAN("x")), 0);
	send_request(1, &q, &fd, 1);
	close(fd);
}

static void send_content_too_large(void)
{
	struct question q = { .kind = ASK_VIRUS };
	int fd = memfd_create("content", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, (100 << 20) + 1), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		F_SEAL_SHRINK), 0);
	send_request(1, &q, &fd, 1);
	close(fd);
}

static void send_content_without(void)
{
	struct question q = { .kind = ASK_VIRUS };

	send_request(1, &q, NULL, 0);
}

static void send_name_with_descriptor(void)
{
	struct question q = { .kind = ASK_DNS, .name = SPAN("yes.example") };
	int fd = sealed(SPAN("x"));

	send_request(1, &q, &fd, 1);
	close(fd);
}

/* Each closes that connection, at once and without an answer. */
static void wrong_requests_close_the_connection(void **state)
{
	static void (*const wrong[])(void) = { send_garbage, send_large,
		send_content_unsealed, send_content_too_large,
		send_content_without, send_name_with_descriptor };
	int was = asker, was_stop = stop;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		pid_t pid = start_broker(engine);
		struct question q;

		wrong[i]();
		assert_int_equal(next_answer(&q), 0);
		assert_int_equal(end_broker(pid), 0);
	}
	asker = was;
	stop = was_stop;
}

/* Told to stop in the middle of everything, it stops. */
static void it_stops_when_told(void **state)
{
	int was = asker, was_stop = stop, status;
	int64_t began = clock_ms();
	pid_t pid;

	(void)state;
	pid = start_broker(engine);
	ask_content(1, "silent");
	ask_name(2, "silent.example.org", 1);
	clock_sleep_ms(50);
	assert_int_equal(write(stop, "T", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(clock_ms() - began < 2000);
	close(asker);
	close(stop);
	asker = was;
	stop = was_stop;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dns_is_answered),
		cmocka_unit_test(dns_trouble_is_later),
		cmocka_unit_test(silent_list_rests),
		cmocka_unit_test(list_of_everything_is_silenced),
		cmocka_unit_test(what_is_no_name_has_no_records),
		cmocka_unit_test(engine_is_asked),
		cmocka_unit_test(silent_engine_is_later_and_alone),
		cmocka_unit_test(slow_scans_go_on_at_once),
		cmocka_unit_test(history_is_not_in_this_version),
		cmocka_unit_test(many_at_once_are_all_answered),
		cmocka_unit_test(unwired_engine_is_off),
		cmocka_unit_test(wrong_requests_close_the_connection),
		cmocka_unit_test(it_stops_when_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
