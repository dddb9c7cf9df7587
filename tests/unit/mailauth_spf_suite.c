/*
 * SPF: every case of the suites of the conformance corpus. RFC 7208's (203,
 * and another copy with 200) are met, and so are the 191 of RFC 4408: none of
 * them has an answer that RFC 7208 changed without the suite saying so.
 */
#include "mailauth/spf.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mail/decode.h"
#include "mail_test.h"

#define FOLDER "build/corpus/conf-dev/spf/"
#define PYTHON "/usr/bin/python3"

enum { RECORDS_MAX = 1000, CNAMES_MAX = 8, CNAME = 5 };

static const struct suite {
	const char *file;
	unsigned cases;
	const char *const *explained;	/* not met, for a reason */
} suites[] = {
	{ "pyspf/rfc7208-tests.yml", 203, NULL },
	{ "mailauth-copy/rfc7208-tests.yml", 200, NULL },
	{ "pyspf/rfc4408-tests.yml", 191, NULL },
	/* default= was a proposal; RFC 7208 has no modifier of that name */
	{ "pyspf/test.yml", 16, (const char *const []) { "default-modifier",
		"default-modifier-harsh", NULL } },
	/* Sender ID ("spf2.0") is not SPF (RFC 7208 section 4.5) */
	{ "mail-spf-iterator-misc.yml", 9, (const char *const []) {
		"sender-id", "sender-id-pick-mfrom1",
		"sender-id-pick-mfrom2", NULL } },
	/* domains of one label: none, or a syntax error (4.3, 7.1) */
	{ "blitirispf-tests.yml", 21, (const char *const []) {
		"resolution-with-10-lookups", "mx-resolution-10-terms",
		"mx-resolution-11-terms", "one-mx-not-found",
		"all-mx-not-found", "include-not-found",
		"redirect-not-found", NULL } },
};

struct record {
	uint16_t type;		/* 0: no answer comes from there */
	struct span name, rdata;
};

static struct record zone[RECORDS_MAX];
static size_t nzone;

static struct span unhex(struct arena *a, struct span s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i + 1 < s.n; i += 2)
		buf_byte(&b, (unsigned char)(decode_hex(s.p[i]) << 4 |
			decode_hex(s.p[i + 1])));
	return buf_bytes(&b);
}

static struct span next_field(struct arena *a, struct span *line)
{
	struct span word = { 0 };

	span_cut(line, ' ', &word);
	return unhex(a, word);
}

static void put_strings(struct buf *b, struct span s)
{
	do {
		struct span piece = span_sub(s, 0, 255);

		buf_byte(b, (unsigned char)piece.n);
		buf_span(b, piece);
		s = span_after(s, piece.n);
	} while (s.n > 0);
}

static void put_name(struct buf *b, struct span s)
{
	struct span label;

	while (span_cut(&s, '.', &label)) {
		buf_byte(b, (unsigned char)label.n);
		buf_span(b, label);
	}
	buf_byte(b, 0);
}

static struct span make_rdata(struct arena *a, uint16_t type,
	struct span line)
{
	struct buf b = { .arena = a };
	struct netaddr ip;

	if (type == LOOKUP_TXT) {
		while (line.n > 0)
			put_strings(&b, next_field(a, &line));
		return buf_bytes(&b);
	}
	line = next_field(a, &line);
	if (type == CNAME)
		return line;
	if (type == LOOKUP_MX)
		buf_add(&b, "\0\1", 2);
	if (type == LOOKUP_MX || type == LOOKUP_PTR)
		put_name(&b, line);
	else if (netaddr_parse(line, &ip))
		buf_add(&b, ip.b, ip.n);
	return buf_bytes(&b);
}

static void add_record(struct arena *a, struct span line, bool later)
{
	struct record *r = &zone[nzone];
	struct span word;
	uint64_t type = 0;

	assert_in_range(nzone++, 0, RECORDS_MAX - 1);
	if (!later && span_cut(&line, ' ', &word))
		assert_true(span_u64(word, 65535, &type));
	r->type = (uint16_t)type;
	r->name = next_field(a, &line);
	r->rdata = later ? (struct span){ 0 } : make_rdata(a, r->type, line);
}

static struct span without_dot(struct span s)
{
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* What the zone says of a name; true: go on at the name of a CNAME. */
static bool answer_at(struct question *q, struct span *name)
{
	bool later = false;

	for (size_t i = 0; i < nzone; i++) {
		if (!span_caseeq(without_dot(zone[i].name), *name))
			continue;
		later = later || zone[i].type == 0;
		if (zone[i].type == CNAME && zone[i].rdata.n > 0) {
			*name = without_dot(zone[i].rdata);
			return true;
		}
		if (zone[i].type == q->type)
			q->records[q->nrecords++] = zone[i].rdata;
	}
	q->state = q->nrecords ? ASK_YES : later ? ASK_LATER : ASK_NO;
	return false;
}

static void answer(struct question *q, struct arena *a)
{
	struct span name = q->name;

	q->state = ASK_NO;
	q->records = arena_array(a, RECORDS_MAX, sizeof(*q->records));
	for (int i = 0; i < CNAMES_MAX && answer_at(q, &name); i++)
		q->state = ASK_NO;
}

static bool is_among(struct span results, struct span result)
{
	struct span word;

	while (span_cut(&results, ',', &word))
		if (span_eq(word, result))
			return true;
	return false;
}

/* One case; false: another result than the suite's. */
static bool run_case(struct arena *a, struct span line, struct span *name_r)
{
	struct lookup *l = lookup_new(a, 200);
	struct spf_query q = { .receiver = SPAN("mx.test") };
	struct question *fresh;
	struct spf_answer r;
	struct span results, explanation;
	unsigned rounds = 0;

	span_cut(&line, ' ', name_r);
	assert_true(netaddr_parse(next_field(a, &line), &q.ip));
	q.helo = next_field(a, &line);
	q.mail_from = next_field(a, &line);
	span_cut(&line, ' ', &results);
	explanation = next_field(a, &line);
	do {
		spf_check(l, &q, a, &r);
		while ((fresh = lookup_fresh(l)))
			answer(fresh, a);
	} while (r.result == AUTH_WAIT && rounds++ < 200);
	if (span_is(explanation, "DEFAULT"))
		explanation.n = 0;
	return is_among(results, span_of(auth_result_name(r.result))) &&
		(r.result != AUTH_FAIL || explanation.n == 0 ||
		span_caseeq(r.explanation, explanation));
}

static bool is_explained(const struct suite *s, struct span name)
{
	for (size_t i = 0; s->explained && s->explained[i]; i++)
		if (span_is(name, s->explained[i]))
			return true;
	return false;
}

/* The suite as lines. */
static struct span convert(struct arena *a, const struct suite *s)
{
	char *path = arena_printf(a, FOLDER "%s", s->file);
	char *argv[] = { "python3", "tests/lib/spf_lines.py", path, NULL };
	char *env[] = { "PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1",
		NULL };
	struct buf b = { .arena = a };
	posix_spawn_file_actions_t actions;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], 1);
	posix_spawn_file_actions_addclose(&actions, fd[0]);
	assert_int_equal(posix_spawn(&pid, PYTHON, &actions, NULL, argv, env),
		0);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	while ((n = read(fd[0], buf_room(&b, 65536), 65536)) > 0)
		b.n += (size_t)n;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("tests/lib/spf_lines.py failed on %s", s->file);
	return buf_bytes(&b);
}

static void run_suite(struct arena *a, const struct suite *s)
{
	struct span lines = convert(a, s), line, kind, name;
	unsigned cases = 0, bad = 0;

	while (span_line(&lines, &line)) {
		span_cut(&line, ' ', &kind);
		if (span_is(kind, "Z"))
			nzone = 0;
		else if (!span_is(kind, "C"))
			add_record(a, line, span_is(kind, "T"));
		else {
			cases++;
			if (run_case(a, line, &name) !=
			    is_explained(s, name))
				continue;
			print_error("%s: %.*s\n", s->file, SPAN_FMT(name));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_int_equal(cases, s->cases);
}

static void every_suite_is_met(void **state)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		run_suite(*state, &suites[i]);
}

/* False: there is no corpus. */
static bool unpack(void)
{
	const char *from = getenv("PM_CORPUS");
	char archive[4096];
	char *argv[] = { "tar", "-xf", archive, "-C", "build/corpus",
		"conf-dev/spf", NULL };
	char *env[] = { "PATH=/usr/bin:/bin", NULL };
	pid_t pid;
	int status;

	if (access(FOLDER "blitirispf-tests.yml", R_OK) == 0)
		return true;
	snprintf(archive, sizeof(archive), "%s/conf-dev.tar.xz",
		from ? from : "../shared/corpus");
	if (access(archive, R_OK) != 0)
		return false;
	mkdir("build/corpus", 0755);
	if (posix_spawn(&pid, "/usr/bin/tar", NULL, NULL, argv, env) != 0)
		return false;
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(every_suite_is_met) };

	if (!unpack()) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	if (access("/usr/lib/python3/dist-packages/yaml", R_OK) != 0) {
		puts("1..0 # SKIP no python3-yaml: see tests/deps.sh");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
