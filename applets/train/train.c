/*
 * pm train: makes the content classifier's model of examples.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/io.h"
#include "base/root.h"
#include "engine/features.h"
#include "tool/examples.h"
#include "tool/feedback.h"

enum { BITS = 18, MODE = 0644 };

struct options {
	struct args_list ham, spam;
	const char *out;
	long long bits;
	const char *message, *as, *user;
	bool undo;
};

/* --- a model of folders -------------------------------------------------- */

static int add_all(struct examples *x, const struct args_list *dirs,
	bool spam, struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (examples_add(x, dirs->v[i], spam, e) < 0)
			return -1;
	return 0;
}

static void tell(const struct examples *x, const struct classifier *c,
	const char *out)
{
	printf("%s: model %016llx, 1 << %u weights, from %u ham and %u spam "
		"of %u sources\n", out, (unsigned long long)c->head.hash,
		c->head.bits, c->head.ham, c->head.spam, x->sources);
	if (x->twice)
		printf("left out: %zu messages that were there twice\n",
			x->twice);
}

static int learn(struct examples *x, const struct options *o, struct err *e)
{
	struct buf image = { 0 };
	struct classifier c;
	int result;

	if (add_all(x, &o->ham, false, e) < 0 ||
	    add_all(x, &o->spam, true, e) < 0)
		return -1;
	result = trainer_run(x->trainer, FEATURES_VERSION, &image, e);
	if (result == 0)
		result = classifier_open(buf_bytes(&image), FEATURES_VERSION,
			&c, e);
	if (result == 0)
		result = io_replace_file(o->out, MODE, buf_bytes(&image), e);
	if (result == 0)
		tell(x, &c, o->out);
	buf_free(&image);
	return result;
}

/* --- feedback ------------------------------------------------------------ */

static int report(struct examples *x, const struct options *o, struct err *e)
{
	struct buf line = { 0 };
	struct feedback_report r = { .user = o->user, .undo = o->undo,
		.spam = o->as && span_is(span_of(o->as), "spam") };
	bool found;
	size_t kept;
	int result = examples_describe(x, o->message, &line, e);

	r.line = buf_bytes(&line);
	if (result == 0)
		result = root_enter(x->root, NULL, e);
	if (result == 0)
		result = feedback_report(&r, &found, &kept, e);
	buf_free(&line);
	if (result < 0)
		return -1;
	if (o->undo && !found)
		return err_set(e, ERR_PERMANENT, "%s: was not reported%s%s",
			o->message, o->user ? " by " : "",
			o->user ? o->user : "");
	printf("%s: %s; %zu report%s in all\n", o->message, o->undo ?
		"taken back" : r.spam ? "learnt as spam" : "learnt as ham",
		kept, kept == 1 ? "" : "s");
	return 0;
}

static int check_report(const struct options *o, struct err *e)
{
	struct span as = span_of(o->as ? o->as : "");

	if (o->ham.n || o->spam.n || o->out)
		return err_set(e, ERR_PERMANENT, "--message goes without "
			"--ham, --spam and --out");
	if (o->undo ? o->as != NULL : !span_is(as, "ham") &&
	    !span_is(as, "spam"))
		return err_set(e, ERR_PERMANENT, "--message wants either --as "
			"ham, --as spam or --undo");
	return 0;
}

/* --- the command --------------------------------------------------------- */

static int check(const struct options *o, const struct args *args,
	struct err *e)
{
	if (args->n)
		return err_set(e, ERR_PERMANENT, "%s: is not expected: give "
			"folders by --ham and --spam", args->rest[0]);
	if (o->message)
		return check_report(o, e);
	if (o->as || o->user || o->undo)
		return err_set(e, ERR_PERMANENT, "--as, --user and --undo go "
			"with --message FILE");
	if (o->ham.n == 0 || o->spam.n == 0 || o->out == NULL)
		return err_set(e, ERR_PERMANENT, "--ham, --spam and --out "
			"are needed: pm help train");
	if (o->bits < CLASSIFIER_BITS_MIN || o->bits > CLASSIFIER_BITS_MAX)
		return err_set(e, ERR_PERMANENT, "--bits %lld: is not from "
			"%d to %d", o->bits, CLASSIFIER_BITS_MIN,
			CLASSIFIER_BITS_MAX);
	return 0;
}

static int train_main(int argc, char **argv)
{
	struct options o = { .bits = BITS };
	const struct args_option options[] = {
		{ "ham", 0, ARGS_LIST, &o.ham },
		{ "spam", 0, ARGS_LIST, &o.spam },
		{ "out", 'o', ARGS_TEXT, &o.out },
		{ "bits", 0, ARGS_NUMBER, &o.bits },
		{ "message", 0, ARGS_TEXT, &o.message },
		{ "as", 0, ARGS_TEXT, &o.as },
		{ "user", 0, ARGS_TEXT, &o.user },
		{ "undo", 0, ARGS_FLAG, &o.undo },
		{ 0 },
	};
	struct examples x;
	struct args args;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("train", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "train", NULL });
	if (check(&o, &args, &e) < 0)
		return err_report("train", &e);
	signal(SIGPIPE, SIG_IGN);
	examples_begin(&x, "train", args.root, (unsigned)o.bits);
	x.raw = o.message != NULL;
	if ((o.message ? report : learn)(&x, &o, &e) < 0)
		code = err_report("train", &e);
	examples_end(&x);
	return code;
}

const struct applet train_applet = {
	.name = "train",
	.summary = "teaches the content classifier what is spam",
	.help =
		"usage: pm train --ham DIR --spam DIR --out FILE [--bits N]\n"
		"       pm train --message FILE --as ham|spam [--user NAME]\n"
		"       pm train --message FILE --undo [--user NAME]\n"
		"\n"
		"Learns from folders of messages, one a file (also below\n"
		"them), what tells spam from other mail, and writes a model.\n"
		"--ham and --spam may be given again, for each collection of\n"
		"mail; folders named ham and spam in one folder are of one\n"
		"collection. Several collections are better than a large\n"
		"one: the score that shall be 90 is found by leaving out one\n"
		"at a time, so that at most 0.1 % of any one's ham (of those\n"
		"with 500 or more) reaches it unseen.\n"
		"\n"
		"  --ham DIR    mail that is wanted\n"
		"  --spam DIR   spam\n"
		"  --out FILE   the model\n"
		"  --bits N     1 << N weights of a byte each; default 18\n"
		"\n"
		"The same messages make the same model, bit for bit, in\n"
		"whatever order. The same message twice counts once. Messages\n"
		"are parsed in a sandbox.\n"
		"\n"
		"With --message one message is reported: feedback that stands\n"
		"above the shipped model and moves the score of mail like it\n"
		"by 4 at most (the hit CONTENT_FEEDBACK). It is kept below\n"
		"var/lib/pm/feedback, as hashes without any text, at most\n"
		"5,000 reports; the filter takes it within a minute.\n"
		"\n"
		"  --message FILE  as it was received; - is standard input\n"
		"  --as ham|spam   what it is; said again it replaces what\n"
		"                  was said\n"
		"  --user NAME     who says so: all his reports together are\n"
		"                  worth 20 messages at most. Without: an\n"
		"                  administrator\n"
		"  --undo          takes it back\n"
		"\n"
		"Exit codes: 0 done; 2 wrong usage, or it could not be\n"
		"learnt; 3 try again.\n",
	.main = train_main,
};
