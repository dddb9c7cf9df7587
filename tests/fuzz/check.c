/* Any bytes as a policy file: pm policy check reads it to its end. */
#include "../../applets/policy/check_findings.c"
#include "../../applets/policy/check_names.c"
#include "../../applets/policy/check_order.c"
#include "../../applets/policy/check_read.c"
#include "../../applets/policy/check_uses.c"
#include "../../applets/policy/check_words.c"
#include "../../applets/lib/script/tokens.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_no(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_NO;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vocabulary words;
	static struct arena *kept;
	const struct bundle_file file = { SPAN("1.lua"),
		span_from(data, size) };
	const struct bundle none = { 0 };
	const struct bundle with_options = { .options = file.text };
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct findings f = { .arena = a };
	struct seen seen = { .arena = a };
	struct err e;

	if (kept == NULL) {
		kept = arena_new("words", (size_t)1 << 28);
		if (vocabulary_make(kept, &words, &e) < 0)
			__builtin_trap();
	}
	/* What is looked up is written down where the words are. */
	words.arena = a;
	seen.policies = arena_array(a, SEEN_MAX, sizeof(*seen.policies));
	seen.rules = arena_array(a, SEEN_MAX, sizeof(*seen.rules));
	seen.declared = arena_array(a, SEEN_MAX, sizeof(*seen.declared));
	seen.asked = arena_array(a, SEEN_MAX, sizeof(*seen.asked));
	seen.options = arena_array(a, SEEN_MAX, sizeof(*seen.options));
	check_read(&none, &file, &words, &seen, &f);
	check_order(&seen, &f);
	check_options(&with_options, &seen, &f);
	arena_free(&a);
	return 0;
}
