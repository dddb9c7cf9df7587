/*
 * pm quarantine retention, reasons, reason, hold, back.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "command.h"
#include "store/retention.h"
#include "tool/cells.h"

enum { ARENA = 1 << 22, NAME_WIDTH = 20, DAYS_WIDTH = 9, RULE_WIDTH = 8,
	DAY_WIDTH = 10, ADDRESS_WIDTH = 40 };

static int need_db(const struct options *o, struct err *e)
{
	return o->place.db ? 0 : err_set(e, ERR_PERMANENT, "that needs the "
		"database, and none is wired");
}

static void print_json(struct json *j)
{
	struct buf b = { 0 };

	json_write(j, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&j);
}

static struct span days_text(int64_t days, char out[32])
{
	if (days == 0)
		return SPAN("for ever");
	snprintf(out, 32, "%lld day%s", (long long)days, days == 1 ? "" : "s");
	return span_of(out);
}

static void print_class(const struct options *o,
	const struct retention_class *c)
{
	char days[32];

	if (o->json) {
		struct json *j = json_new_object();

		json_put_text(j, "class", c->name);
		json_put_int(j, "days", c->days);
		json_put_text(j, "reasons", c->reasons);
		print_json(j);
		return;
	}
	cells_put(c->name, NAME_WIDTH, false);
	cells_put(days_text(c->days, days), DAYS_WIDTH, false);
	cells_put(c->reasons.n ? c->reasons : span_is(c->name, "standard") ?
		SPAN("(every other reason)") : SPAN("(no reason)"),
		cells_width(), true);
}

static int list_classes(const struct options *o, struct err *e)
{
	struct arena *a = arena_new("retention", ARENA);
	struct retention_class *v;
	size_t n;
	int result = retention_classes(o->place.db, a, &v, &n, e);

	for (size_t i = 0; i < n && result == 0; i++)
		print_class(o, &v[i]);
	arena_free(&a);
	return result;
}

/* Fewer days end mail that is there: how many it had before. */
static int64_t days_before(const struct options *o, struct span class)
{
	struct arena *a = arena_new("retention", ARENA);
	struct retention_class *v;
	int64_t days = 0;
	struct err e;
	size_t n;

	if (retention_classes(o->place.db, a, &v, &n, &e) == 0)
		for (size_t i = 0; i < n; i++)
			if (span_eq(v[i].name, class))
				days = v[i].days;
	arena_free(&a);
	return days;
}

int run_retention(const struct options *o, const char *operand, struct err *e)
{
	const struct args *args = o->args;
	uint64_t days;
	int64_t before;
	struct span class;

	(void)operand;
	if (need_db(o, e) < 0)
		return -1;
	if (args->n == 1)
		return list_classes(o, e);
	if (args->n != 3 || !span_u64(span_of(args->rest[2]), 1000000, &days))
		return err_set(e, ERR_PERMANENT, "retention: give a class and "
			"its days, such as: retention standard 30");
	class = span_of(args->rest[1]);
	before = days_before(o, class);
	if (retention_set(o->place.db, class, (int64_t)days, o->who, e) < 0)
		return -1;
	printf("mail of class %s is kept for %llu days\n", args->rest[1],
		(unsigned long long)days);
	if ((int64_t)days < before)
		puts("what is older goes within the hour");
	return 0;
}

int list_reasons(const struct options *o, const char *operand, struct err *e)
{
	struct arena *a = arena_new("reasons", ARENA);
	struct retention_reason *v;
	size_t n = 0;
	int result = need_db(o, e);

	(void)operand;
	if (result == 0)
		result = retention_reasons(o->place.db, a, &v, &n, e);
	for (size_t i = 0; i < n && result == 0; i++) {
		char days[32];

		if (o->json) {
			struct json *j = json_new_object();

			json_put_text(j, "reason", v[i].name);
			json_put_text(j, "class", v[i].class);
			json_put_int(j, "days", v[i].days);
			json_put_text(j, "release", v[i].release);
			print_json(j);
			continue;
		}
		cells_put(v[i].name, NAME_WIDTH, false);
		cells_put(v[i].class, NAME_WIDTH, false);
		cells_put(days_text(v[i].days, days), DAYS_WIDTH, false);
		cells_put(v[i].release, RULE_WIDTH, true);
	}
	arena_free(&a);
	return result;
}

int change_reason(const struct options *o, const char *operand, struct err *e)
{
	struct span reason = span_of(operand);

	if (need_db(o, e) < 0)
		return -1;
	if (o->class == NULL && o->may == NULL)
		return err_set(e, ERR_PERMANENT, "reason %s: give --class, "
			"--release or both", operand);
	if (o->class && retention_assign(o->place.db, reason,
	    span_of(o->class), o->who, e) < 0)
		return -1;
	if (o->class)
		printf("mail withheld as %s is of class %s from now on; what "
			"is there stays as it is\n", operand, o->class);
	if (o->may && retention_rule(o->place.db, reason, span_of(o->may),
	    o->who, e) < 0)
		return -1;
	if (o->may)
		printf("%s: %s\n", operand, strcmp(o->may, "user") == 0 ?
			"whoever it is for may release it" :
			strcmp(o->may, "request") == 0 ?
			"whoever it is for may ask for it" :
			"only administrators release it");
	return 0;
}

static int list_holds(const struct options *o, struct err *e)
{
	struct arena *a = arena_new("holds", ARENA);
	struct retention_hold *v;
	size_t n = 0;
	int result = retention_holds(o->place.db, a, &v, &n, e);

	for (size_t i = 0; i < n && result == 0; i++) {
		if (o->json) {
			struct json *j = json_new_object();

			json_put_text(j, "address", v[i].rcpt);
			json_put_text(j, "until", v[i].until);
			json_put_text(j, "who", v[i].who);
			print_json(j);
			continue;
		}
		cells_put(v[i].until, DAY_WIDTH, false);
		cells_put(v[i].rcpt, ADDRESS_WIDTH, false);
		cells_put(v[i].who, cells_width(), true);
	}
	arena_free(&a);
	if (result == 0 && n == 0 && !o->json)
		puts("nobody is away");
	return result;
}

static int check_address(const char *s, struct err *e)
{
	struct span a = span_of(s);
	size_t at = span_rchr(a, '@');
	bool good = at != SIZE_MAX && at > 0 && at + 1 < a.n && a.n <= 320;

	for (size_t i = 0; i < a.n; i++)
		good &= a.p[i] > ' ' && a.p[i] != 0x7f;
	return good ? 0 : err_set(e, ERR_PERMANENT, "hold: %s is not an "
		"address", s);
}

int run_hold(const struct options *o, const char *operand, struct err *e)
{
	const struct args *args = o->args;

	(void)operand;
	if (need_db(o, e) < 0)
		return -1;
	if (args->n == 1)
		return list_holds(o, e);
	if (args->n != 3)
		return err_set(e, ERR_PERMANENT, "hold: give an address and "
			"the last day, such as: hold alice@example.org "
			"2026-12-31");
	if (check_address(args->rest[1], e) < 0 || retention_hold(o->place.db,
	    span_of(args->rest[1]), span_of(args->rest[2]), o->who, e) < 0)
		return -1;
	printf("what is held for %s stays until a week after %s\n",
		args->rest[1], args->rest[2]);
	return 0;
}

int end_hold(const struct options *o, const char *operand, struct err *e)
{
	if (need_db(o, e) < 0 ||
	    retention_back(o->place.db, span_of(operand), o->who, e) < 0)
		return -1;
	printf("%s: retention counts again\n", operand);
	return 0;
}
