/*
 * pm eval: how well the content classifier tells spam from other mail.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/embed.h"
#include "base/json.h"
#include "engine/content.h"
#include "engine/features.h"
#include "tool/examples.h"
#include "measure.h"

enum { BITS = 18, FEEDBACK_BITS = 22, ENGINE_MEMORY = 64 << 20 };

#define SCRATCH ((size_t)1 << 30)

struct options {
	struct args_list ham, spam, test_ham, test_spam;
	const char *model;
	bool leave_out, halves, feedback, whole, json;
};

struct eval {
	struct examples x;
	size_t learnt;		/* the first so many are also learnt from */
	struct scored *scores;	/* of each example */
	struct buf model;
	struct arena *arena;	/* of the engine */
	const struct options *o;
};

/* --- what is printed ----------------------------------------------------- */

/* Percent as parts of a million. */
static int64_t ppm(double percent)
{
	return (int64_t)(percent * 10000 + 0.5);
}

static void put_share(struct json *o, const char *name, struct share s)
{
	struct json *it;

	if (s.value < 0)
		return;
	it = json_new_object();
	json_put_int(it, "ppm", ppm(s.value));
	json_put_int(it, "low", ppm(s.low));
	json_put_int(it, "high", ppm(s.high));
	json_put(o, name, it);
}

static void print_json(const char *name, const struct measure *m)
{
	struct json *o = json_new_object();
	struct buf line = { 0 };

	json_put_text(o, "source", span_of(name));
	json_put_int(o, "ham", (int64_t)m->ham);
	json_put_int(o, "spam", (int64_t)m->spam);
	json_put_int(o, "ham_at_50", (int64_t)m->ham_50);
	json_put_int(o, "ham_at_90", (int64_t)m->ham_90);
	json_put_int(o, "spam_below_50", (int64_t)m->spam_50);
	json_put_int(o, "spam_below_90", (int64_t)m->spam_90);
	if (m->missing_area >= 0)
		json_put_int(o, "roc_missing_ppm", ppm(m->missing_area));
	put_share(o, "missed_at_1", m->missed_1);
	put_share(o, "missed_at_0.1", m->missed_01);
	json_write(o, &line);
	json_free(&o);
	puts(buf_c(&line));
	buf_free(&line);
}

static double percent(size_t n, size_t all)
{
	return all ? 100 * (double)n / (double)all : 0;
}

static void print_line(const char *name, const struct measure *m)
{
	struct span s = span_of(name);
	size_t slash = span_rchr(s, '/');

	printf("%-26s", slash == SIZE_MAX ? name : name + slash + 1);
	printf(" %6zu %6zu", m->ham, m->spam);
	if (m->ham)
		printf("  %6.2f %6.2f", percent(m->ham_50, m->ham),
			percent(m->ham_90, m->ham));
	else
		printf("  %6s %6s", "-", "-");
	if (m->spam)
		printf("  %6.2f %6.2f", percent(m->spam_50, m->spam),
			percent(m->spam_90, m->spam));
	if (m->missing_area >= 0)
		printf("  %7.3f  %6.2f (%.1f-%.1f)  %6.2f (%.1f-%.1f)",
			m->missing_area, m->missed_1.value, m->missed_1.low,
			m->missed_1.high, m->missed_01.value,
			m->missed_01.low, m->missed_01.high);
	printf("\n");
	fflush(stdout);
}

static void print_head(const char *what)
{
	printf("%s\n%-26s %6s %6s  %6s %6s  %6s %6s  %7s  %s\n", what,
		"percent of each", "ham", "spam", "ham50", "ham90", "miss50",
		"miss90", "1-ROCA", "missed at 1 % and 0.1 % of ham (95 %)");
}

/* Those of one source for which scores were made. */
static void report(struct eval *ev, unsigned source, const bool *scored)
{
	struct arena *a = arena_new("measure", SCRATCH);
	struct scored *v = arena_array(a, ev->x.n + 1, sizeof(*v));
	struct measure m;
	size_t n = 0;

	for (size_t i = 0; i < ev->x.n; i++)
		if (ev->x.v[i].source == source && scored[i])
			v[n++] = ev->scores[i];
	measure_scores(v, n, a, &m);
	if (n && ev->o->json)
		print_json(ev->x.names[source], &m);
	else if (n)
		print_line(ev->x.names[source], &m);
	arena_free(&a);
}

/* --- the ways to measure ------------------------------------------------- */

static int learn(struct eval *ev, struct classifier *c_r, struct err *e)
{
	ev->model.n = 0;
	if (trainer_run(ev->x.trainer, FEATURES_VERSION, &ev->model, e) < 0)
		return -1;
	return classifier_open(buf_bytes(&ev->model), FEATURES_VERSION, c_r,
		e);
}

static void score(struct eval *ev, size_t i, const struct classifier *c)
{
	struct classifier_score s;

	trainer_score(ev->x.trainer, i, c, &s);
	ev->scores[i].score = s.sum + ev->x.v[i].rest;
}

/* With a model as it is. */
static int with_model(struct eval *ev, bool *scored, struct err *e)
{
	struct classifier c;

	if (ev->o->model) {
		if (tool_slurp(ev->o->model, &ev->model, e) < 0)
			return -1;
		if (content_open(buf_bytes(&ev->model), ev->o->model, &c,
				e) < 0)
			return -1;
	} else if (content_shipped(&c, e) < 0) {
		return -1;
	}
	for (size_t i = 0; i < ev->x.n; i++) {
		score(ev, i, &c);
		scored[i] = true;
	}
	for (unsigned s = 0; s < ev->x.sources; s++)
		report(ev, s, scored);
	return 0;
}

/* Each source by a model of all others. */
static int leave_out(struct eval *ev, bool *scored, struct err *e)
{
	struct classifier c;

	for (unsigned s = 0; s < ev->x.sources; s++) {
		for (size_t i = 0; i < ev->x.n; i++)
			trainer_use(ev->x.trainer, i, i < ev->learnt &&
				ev->x.v[i].source != s);
		if (learn(ev, &c, e) < 0)
			return -1;
		for (size_t i = 0; i < ev->x.n; i++) {
			scored[i] = ev->x.v[i].source == s;
			if (scored[i])
				score(ev, i, &c);
		}
		report(ev, s, scored);
	}
	return 0;
}

static int by_date(const void *a, const void *b)
{
	const struct example_seen *const *x = a, *const *y = b;

	if ((*x)->date_ms != (*y)->date_ms)
		return (*x)->date_ms < (*y)->date_ms ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* Examples of a source in the order of their dates; how many. */
static size_t in_order(struct eval *ev, unsigned source, int spam,
	struct example_seen **v)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->x.n; i++)
		if (ev->x.v[i].source == source &&
		    (spam < 0 || ev->x.v[i].spam == (spam > 0)))
			v[n++] = &ev->x.v[i];
	qsort(v, n, sizeof(struct example_seen *), by_date);
	return n;
}

/* Of each class the earlier half is learnt, the later one measured. */
static int halves(struct eval *ev, bool *scored, struct err *e)
{
	struct example_seen **v = arena_array(ev->x.arena, ev->x.n + 1,
		sizeof(struct example_seen *));
	struct classifier c;

	for (unsigned s = 0; s < ev->x.sources; s++) {
		size_t n[2];

		for (size_t i = 0; i < ev->x.n; i++) {
			trainer_use(ev->x.trainer, i, false);
			scored[i] = false;
		}
		for (int spam = 0; spam < 2; spam++) {
			n[spam] = in_order(ev, s, spam, v);
			for (size_t i = 0; i < n[spam]; i++) {
				trainer_use(ev->x.trainer,
					(size_t)(v[i] - ev->x.v),
					i < n[spam] / 2);
				scored[v[i] - ev->x.v] = i >= n[spam] / 2;
			}
		}
		if (n[0] < 2 || n[1] < 2)
			continue;
		if (learn(ev, &c, e) < 0)
			return -1;
		for (size_t i = 0; i < ev->x.n; i++)
			if (scored[i])
				score(ev, i, &c);
		report(ev, s, scored);
	}
	return 0;
}

/* Each message is scored, then learnt, in the order of dates. */
static int feedback(struct eval *ev, bool *scored, struct err *e)
{
	struct example_seen **v = arena_array(ev->x.arena, ev->x.n + 1,
		sizeof(struct example_seen *));

	(void)e;
	for (unsigned s = 0; s < ev->x.sources; s++) {
		size_t n = in_order(ev, s, -1, v);

		trainer_begin(ev->x.trainer);
		for (size_t i = 0; i < n; i++) {
			size_t at = (size_t)(v[i] - ev->x.v);

			ev->scores[at].score = MEASURE_50 + 1000 *
				trainer_guess(ev->x.trainer, at);
			trainer_learn(ev->x.trainer, at);
			scored[at] = true;
		}
		report(ev, s, scored);
	}
	return 0;
}

/* --- the command --------------------------------------------------------- */

static int add_all(struct eval *ev, const struct args_list *dirs, bool spam,
	struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (examples_add(&ev->x, dirs->v[i], spam, e) < 0)
			return -1;
	return 0;
}

/* The shipped rules, with which a site begins. */
static int make_engine(struct eval *ev, struct err *e)
{
	const struct bundle_settings s = { .authserv = SPAN("site.example") };
	struct bundle *bundle = arena_alloc(ev->arena, sizeof(*bundle));
	struct buf record = { .arena = ev->arena };

	if (bundle_build(&s, NULL, NULL, &record, e) < 0 ||
	    bundle_open(buf_bytes(&record), ev->arena, bundle, e) < 0)
		return -1;
	ev->x.engine = engine_new(bundle, e);
	return ev->x.engine ? 0 : -1;
}

static int run(struct eval *ev, struct err *e)
{
	const struct options *o = ev->o;
	bool *scored;

	if ((o->whole && make_engine(ev, e) < 0) ||
	    add_all(ev, &o->ham, false, e) < 0 ||
	    add_all(ev, &o->spam, true, e) < 0)
		return -1;
	ev->learnt = ev->x.n;
	if (add_all(ev, &o->test_ham, false, e) < 0 ||
	    add_all(ev, &o->test_spam, true, e) < 0)
		return -1;
	ev->scores = arena_array(ev->x.arena, ev->x.n + 1,
		sizeof(*ev->scores));
	for (size_t i = 0; i < ev->x.n; i++)
		ev->scores[i].spam = ev->x.v[i].spam;
	scored = arena_array(ev->x.arena, ev->x.n + 1, sizeof(*scored));
	if (!o->json)
		print_head(o->leave_out ? "each source by a model of the "
			"others" : o->halves ? "the later half of each "
			"source by a model of its earlier half" : o->feedback ?
			"each message scored, then learnt, by date" :
			"by the model as it is");
	return o->leave_out ? leave_out(ev, scored, e) :
		o->halves ? halves(ev, scored, e) :
		o->feedback ? feedback(ev, scored, e) :
		with_model(ev, scored, e);
}

static int check(const struct options *o, const struct args *args,
	struct err *e)
{
	if (args->n)
		return err_set(e, ERR_PERMANENT, "%s: is not expected: give "
			"folders by --ham and --spam", args->rest[0]);
	if (o->ham.n + o->spam.n + o->test_ham.n + o->test_spam.n == 0)
		return err_set(e, ERR_PERMANENT, "which messages? --ham DIR, "
			"--spam DIR");
	if (o->whole && o->feedback)
		return err_set(e, ERR_PERMANENT, "--feedback is of the "
			"classifier alone: not with --whole");
	if (o->leave_out + o->halves + o->feedback + (o->model != NULL) > 1)
		return err_set(e, ERR_PERMANENT, "--model, --leave-out, "
			"--halves and --feedback: only one of them");
	return 0;
}

static int eval_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "ham", 0, ARGS_LIST, &o.ham },
		{ "spam", 0, ARGS_LIST, &o.spam },
		{ "test-ham", 0, ARGS_LIST, &o.test_ham },
		{ "test-spam", 0, ARGS_LIST, &o.test_spam },
		{ "model", 0, ARGS_TEXT, &o.model },
		{ "leave-out", 0, ARGS_FLAG, &o.leave_out },
		{ "halves", 0, ARGS_FLAG, &o.halves },
		{ "feedback", 0, ARGS_FLAG, &o.feedback },
		{ "whole", 0, ARGS_FLAG, &o.whole },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ 0 },
	};
	struct eval ev = { .o = &o };
	struct args args;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("eval", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "eval", NULL });
	if (check(&o, &args, &e) < 0)
		return err_report("eval", &e);
	signal(SIGPIPE, SIG_IGN);
	ev.arena = arena_new("engine", ENGINE_MEMORY);
	examples_begin(&ev.x, "eval", args.root, o.feedback ?
		FEEDBACK_BITS : BITS);
	ev.x.raw = o.feedback;
	if (run(&ev, &e) < 0)
		code = err_report("eval", &e);
	engine_free(&ev.x.engine);
	examples_end(&ev.x);
	arena_free(&ev.arena);
	buf_free(&ev.model);
	return code;
}

const struct applet eval_applet = {
	.name = "eval",
	.summary = "how well the content classifier tells spam from mail",
	.help =
		"usage: pm eval --ham DIR --spam DIR [--model FILE] [--json]\n"
		"       pm eval --ham DIR --spam DIR --leave-out\n"
		"       pm eval --ham DIR --spam DIR --halves | --feedback\n"
		"\n"
		"Scores folders of messages with the content classifier\n"
		"alone, or with the whole engine, and prints for each\n"
		"source, in percent: ham at the thresholds 50 and 90, spam\n"
		"missed there, what is missing of the area under the ROC\n"
		"curve, and spam missed where 1 and 0.1 % of ham are above,\n"
		"with 95 % bootstrap intervals. Folders named ham and spam in\n"
		"one folder are of one source.\n"
		"\n"
		"  --ham, --spam DIR     messages; may be given again\n"
		"  --test-ham, --test-spam DIR\n"
		"                        the same, but never learnt from\n"
		"  --model FILE          default: the one that is shipped\n"
		"  --leave-out           each source by a model of others:\n"
		"                        what a new site may expect\n"
		"  --halves              each source's later half by a model\n"
		"                        of its earlier half\n"
		"  --feedback            each message is scored, then learnt,\n"
		"                        by date, from nothing\n"
		"  --whole               with rules, too, but without the\n"
		"                        network: no lists, no signatures\n"
		"  --json                an object a line; shares in parts of\n"
		"                        a million\n"
		"Exit codes: 0 done; 2 wrong usage; 3 try again.\n",
	.main = eval_main,
};
