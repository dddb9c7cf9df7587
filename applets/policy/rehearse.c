/*
 * Sample mail: what a rule does wrong shows when it runs, so each is asked
 * about mail of many kinds, from outside and inside, with and without answers
 * of the world.
 */
#include "check.h"

#include "base/clock.h"

enum { REHEARSAL_MS = 5000 };

/* --- worlds -------------------------------------------------------------- */

static void answer(struct question *q, enum ask_state virus)
{
	bool is_virus = q->kind == ASK_VIRUS;

	q->state = is_virus ? virus : ASK_NO;
	q->text = is_virus && virus == ASK_YES ? SPAN("Eicar-Test") :
		SPAN("");
}

static void send_no(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	answer(q, ASK_NO);
}

static void send_virus(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	answer(q, ASK_YES);
}

static void send_later(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_LATER;
	q->text = SPAN("timeout");
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

const struct ask check_quiet_world = { NULL, send_no, collect_nothing,
	wait_for_nothing };
static const struct ask infected = { NULL, send_virus, collect_nothing,
	wait_for_nothing };
static const struct ask silent = { NULL, send_later, collect_nothing,
	wait_for_nothing };

/* --- samples ------------------------------------------------------------- */

#define OUTSIDE "203.0.113.1"
#define SENDER "sender@example.net"
#define FROM "From: Anna <" SENDER ">\r\n"
#define DATED "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n" \
	"Message-ID: <1@example.net>\r\nTo: user@example.org\r\n"
#define GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-" \
	"EMAIL*C.34X\r\n"
#define MIXED "MIME-Version: 1.0\r\n" \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n" \
	"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n"
#define FILE_OF(type, name) "Content-Type: " type "; name=\"" name "\"\r\n" \
	"Content-Disposition: attachment; filename=\"" name "\"\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"

/* With one file, a.txt. */
#define SMALL_ZIP "UEsDBBQAAAAAAAAAIQB6em/tAwAAAAMAAAAFAAAAYS50eHRoaQpQSwEC" \
	"FAMUAAAAAAAAACEAenpv7QMAAAADAAAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQ" \
	"SwUGAAAAAAEAAQAzAAAAJgAAAAAA\r\n"

static const struct sample {
	const char *relay;	/* NULL: this host */
	const char *from, *user;
	const struct ask *world;
	const char *message;
} samples[] = {
	{ OUTSIDE, SENDER, "", &check_quiet_world,
		FROM DATED "Subject: hello\r\n\r\nHello.\r\n" },
	{ OUTSIDE, SENDER, "", &check_quiet_world,
		FROM DATED "Subject: buy\r\n\r\n" GTUBE },
	{ OUTSIDE, SENDER, "", &infected,
		FROM DATED MIXED FILE_OF("application/octet-stream", "a.exe")
		"TVqQAAMAAAAEAAAA//8AALgAAAA=\r\n--b--\r\n" },
	{ OUTSIDE, SENDER, "", &silent, FROM DATED MIXED
		FILE_OF("application/zip", "a.zip") SMALL_ZIP "--b--\r\n" },
	{ OUTSIDE, SENDER, "", &check_quiet_world,
		FROM DATED "Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
		"<p>see <a href=\"http://bad.example/x\">www.good.example"
		"</a></p>\r\n" },
	{ OUTSIDE, SENDER, "", &check_quiet_world,
		"Subject: no From\r\n\r\nHello.\r\n" },
	{ OUTSIDE, "", "", &check_quiet_world,
		"From: <mailer-daemon@example.net>\r\n" DATED
		"Subject: failure\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;"
		" boundary=b\r\n\r\n--b\r\n\r\nnot delivered\r\n--b--\r\n" },
	{ OUTSIDE, "list-bounces@example.net", "", &check_quiet_world,
		FROM DATED "Subject: [list] hello\r\nReply-To: "
		"list@example.net\r\nList-Id: <list.example.net>\r\n"
		"Precedence: bulk\r\nReceived: from x by y; Mon, 23 Nov 2026 "
		"10:00:00 +0000\r\n\r\nHello.\r\n" },
	{ OUTSIDE, SENDER, "", &silent, "\r\n" },
	{ OUTSIDE, SENDER, "", &check_quiet_world,
		"From: a@x.example, b@y.example\r\nFrom: c@z.example\r\n"
		"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n"
		"\r\n--a\r\n\r\nx\r\n--a--\r\n" },
	{ NULL, SENDER, "", &check_quiet_world,
		FROM DATED "Subject: from this host\r\n\r\nHello.\r\n" },
	{ "127.0.0.1", "user@example.org", "user", &check_quiet_world,
		"From: <user@example.org>\r\n" DATED MIXED
		FILE_OF("image/png", "a.png") "iVBORw0KGgo=\r\n--b--\r\n" },
};

/* --- the rehearsal ------------------------------------------------------- */

struct rehearsal {
	struct engine *engine;
	struct findings *f;
	struct arena *arena;
	struct span rcpts[2];	/* one of ours, one outside */
};

static void note(void *self, const char *text)
{
	findings_add_said(self, text);
}

static void note_failure(struct rehearsal *r, struct span failure)
{
	findings_add_said(r->f, arena_string(r->arena, failure));
}

static void ask_stages(struct rehearsal *r, const struct sample *s,
	const struct envelope *env, int64_t deadline_ms)
{
	struct stage_answer answer;

	for (unsigned stage = 0; stage < STAGE_N; stage++) {
		engine_stage(r->engine, (enum engine_stage)stage, env,
			s->world, deadline_ms, r->arena, &answer);
		if (answer.failed)
			note_failure(r, answer.rule);
	}
}

static void ask_about(struct rehearsal *r, const struct sample *s)
{
	struct envelope env = {
		.id = SPAN("rehearsal"),
		.relay_addr = span_of(s->relay ? s->relay : ""),
		.helo = SPAN("client.example"), .mail_from = span_of(s->from),
		.auth_user = span_of(s->user), .rcpts = r->rcpts, .nrcpts = 2,
		.received_ms = clock_wall_ms(),
	};
	int64_t deadline_ms = clock_ms() + REHEARSAL_MS;
	struct verdict v;

	ask_stages(r, s, &env, deadline_ms);
	engine_judge(r->engine, &env, span_of(s->message), s->world,
		deadline_ms, r->arena, &v);
	if (v.failed)
		note_failure(r, v.failure);
}

void check_rehearse(struct engine *en, const struct bundle_settings *s,
	struct arena *a, struct findings *f)
{
	struct rehearsal r = { .engine = en, .f = f, .arena = a };

	r.rcpts[0] = span_of(arena_printf(a, "user@%.*s",
		SPAN_FMT(s->ndomains ? s->domains[0] : SPAN("example.org"))));
	r.rcpts[1] = SPAN("user@example.net");
	engine_tell_failures(en, note, f);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		ask_about(&r, &samples[i]);
}
