/*
 * What a list of a million addresses costs: compiling it, its size, a
 * look-up.
 *
 *	speed_list [ENTRIES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/list.h"

enum { LOOKUPS = 1000000, LOOKUP_NS_MAX = 2000, ENTRY_BYTES_MAX = 64 };

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	struct buf text = { 0 }, image = { 0 };
	unsigned long long seed = 1;
	double start, compile, look;
	unsigned long found = 0;
	struct err e;

	for (unsigned long i = 0; i < n; i++)
		buf_printf(&text, "user%lu@sub%lu.example.com\n", i, i % 999);
	start = cpu_ns();
	if (list_compile(buf_bytes(&text), "list", &image, &e) < 0) {
		fprintf(stderr, "speed_list: %s\n", e.text);
		return EXIT_FAILURE;
	}
	compile = cpu_ns() - start;
	start = cpu_ns();
	for (unsigned i = 0; i < LOOKUPS; i++) {
		char who[64];
		unsigned long k;

		/* Half of them are there. */
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		k = (unsigned long)(seed >> 33) % (2 * n);
		snprintf(who, sizeof(who), "User%lu@sub%lu.example.com", k,
			k % 999);
		found += list_match(buf_bytes(&image), span_of(who), NULL);
	}
	look = (cpu_ns() - start) / LOOKUPS;
	printf("list of %lu: compiled in %.0f ms, %.1f bytes an entry, "
		"look-up %.0f ns (%lu found)\n", n, compile / 1e6,
		(double)image.n / (double)n, look, found);
	if (look < LOOKUP_NS_MAX && image.n / n < ENTRY_BYTES_MAX && found)
		return EXIT_SUCCESS;
	fprintf(stderr, "speed_list: the limits are %d ns and %d bytes\n",
		LOOKUP_NS_MAX, ENTRY_BYTES_MAX);
	return EXIT_FAILURE;
}
