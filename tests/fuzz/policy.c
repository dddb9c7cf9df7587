/*
 * A policy file that somebody wrote, over a small message: it cannot be
 * loaded, and why is said; or it gives a verdict with an answer for everyone.
 */
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RCPTS = 2, JUDGE_MS = 200 };

static void send_nothing(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_LATER;
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

static void judge(struct engine *en, struct arena *a)
{
	static const struct ask world = { NULL, send_nothing,
		collect_nothing, wait_for_nothing };
	struct span rcpts[RCPTS] = { SPAN("b@ours.example"),
		SPAN("c@other.example") };
	struct envelope env = { .relay_addr = SPAN("192.0.2.1"),
		.mail_from = SPAN("a@out.example"), .rcpts = rcpts,
		.nrcpts = RCPTS };
	struct span raw = SPAN("From: A <a@out.example>\r\n"
		"To: b@ours.example\r\nSubject: hello\r\n\r\n"
		"See http://out.example/\r\n");
	struct buf b = { .arena = a };
	struct verdict v, again;

	engine_rehearse(en, &env, raw, &world, clock_ms() + JUDGE_MS, a, &v);
	if (engine_most_severe(&v) == NULL)
		__builtin_trap();
	engine_judge(en, &env, raw, &world, clock_ms() + JUDGE_MS, a, &v);
	verdict_put(&b, &v);
	if (!verdict_get(buf_bytes(&b), RCPTS, raw.n, a, &again))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf image = { .arena = a };
	struct span domain = SPAN("ours.example"), net = SPAN("10.0.0.0/8");
	struct bundle_file file = { SPAN("50-x.lua"),
		span_from(data, size) };
	struct bundle_list list = { .name = SPAN("friends") };
	struct bundle bundle = { .settings = { &net, 1, &domain, 1, true },
		.policy = &file, .npolicy = 1, .lists = &list, .nlists = 1 };
	struct err e = { 0 };
	struct engine *en;

	if (list_compile(SPAN("out.example\n"), "friends", &image, &e) < 0)
		__builtin_trap();
	list.image = buf_bytes(&image);
	en = engine_new(&bundle, &e);
	if (en)
		judge(en, a);
	else if (e.class == ERR_NONE || e.text[0] == 0)
		__builtin_trap();
	engine_free(&en);
	arena_free(&a);
	return 0;
}
