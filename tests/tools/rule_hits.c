/*
 * rule_hits FILE…: what the checks and the shipped rules state of messages,
 * without the network: a line each, "FILE<tab>SCORE<tab>NAME=WEIGHT …". Names
 * of files may come on standard input instead. Says the CPU time at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "engine/check.h"
#include "tool/keeper.h"

static void collect(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_none(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static double seconds;

static void look(const struct rules *rules, const char *name)
{
	static const struct ask nobody = { NULL, NULL, collect, wait_none };
	static const struct bundle bundle;
	struct arena *a = arena_new("message", 512 << 20);
	struct envelope env = { .relay_addr = SPAN("203.0.113.1"),
		.received_ms = clock_wall_ms() };
	struct buf message = { 0 };
	struct err e;
	struct facts *f;
	clock_t from;

	if (tool_slurp(name, &message, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(2);
	}
	from = clock();
	f = facts_new(&env, &bundle, buf_bytes(&message), a);
	check_run_all(f, rules, &nobody, 0);
	seconds += (double)(clock() - from) / CLOCKS_PER_SEC;
	printf("%s\t%d\t", name, (int)f->score);
	for (size_t i = 0; i < f->nhits; i++)
		printf("%s%.*s=%d", i ? " " : "", SPAN_FMT(f->hits[i].name),
			(int)f->hits[i].weight);
	putchar('\n');
	buf_free(&message);
	arena_free(&a);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("rules", 512 << 20);
	char line[4096];
	struct span record;
	struct rules *rules = NULL;
	struct err e;
	size_t n = 0;

	if (rules_shipped(a, &record, &e) == 0)
		rules = rules_open(&record, 1, &e);
	if (rules == NULL) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	for (int i = 1; i < argc; i++, n++)
		look(rules, argv[i]);
	while (argc == 1 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		look(rules, line);
		n++;
	}
	fprintf(stderr, "%zu messages, %.3f ms CPU each\n", n,
		n ? seconds * 1000 / (double)n : 0);
	rules_free(&rules);
	arena_free(&a);
	return 0;
}
