/*
 * Authentication-Results: the input is what came from outside, a NUL between
 * its parts. What is written means the same to a strict reader, whatever that
 * is: no part of it makes a result of its own. All of the input is also taken
 * for a field from outside.
 */
#include "mailauth/authres.h"

#include "../unit/authres_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 12, ID_PART = 0 };

static enum auth_result some_result(struct span part)
{
	return part.n ? part.p[part.n - 1] % AUTH_N : AUTH_NONE;
}

static const char *word(enum auth_result r)
{
	return auth_result_name(r == AUTH_WAIT ? AUTH_TEMPERROR : r);
}

static void expect(const struct authres_read *got, size_t i,
	const char *method, enum auth_result result)
{
	if (i >= got->n || !span_is(got->method[i], method) ||
	    !span_is(got->result[i], word(result)))
		__builtin_trap();
}

static void check(const struct span *part, struct arena *a)
{
	struct spf_query q = { .mail_from = part[1] };
	struct spf_answer spf = { .result = some_result(part[1]),
		.domain = part[2], .helo = part[2].n % 2,
		.problem = part[3] };
	struct dkim_signature signatures[2] = { { .result =
		some_result(part[4]), .domain = part[4], .selector = part[5],
		.identity = part[6], .algorithm = part[7], .b = part[8],
		.problem = part[3], .flags = (unsigned)part[8].n,
		.key_bits = (unsigned)part[7].n }, { .domain = part[2] } };
	struct dkim_answer dkim = { .signatures = signatures, .n = 2 };
	struct dmarc_author author = { .result = some_result(part[9]),
		.problem = part[9] };
	struct dmarc_answer dmarc = { .result = author.result, .n = 1,
		.authors = &author };
	struct arc_answer arc = { .result = some_result(part[10]),
		.problem = part[10] };
	struct authres r = { .spf_query = &q, .spf = &spf, .dkim = &dkim,
		.dmarc = &dmarc, .arc = &arc, .auth_user = part[11] };
	struct authres_read got;
	struct buf b = { .arena = a };
	struct span id = SPAN("mx.example.org");
	struct span value = authres_write(id, &r, a);
	size_t n = part[11].n > 0;

	if (!authres_parse(value, &b, &got) || got.n != n + 5 ||
	    !span_eq(got.id, id) || !authres_claims(value, id) ||
	    authres_claims(value, SPAN("mx.example.net")))
		__builtin_trap();
	if (n)
		expect(&got, 0, "auth", AUTH_PASS);
	expect(&got, n, "spf", spf.result);
	expect(&got, n + 1, "dkim", signatures[0].result);
	expect(&got, n + 2, "dkim", AUTH_NONE);
	expect(&got, n + 3, "dmarc", author.result);
	expect(&got, n + 4, "arc", arc.result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span rest = span_from(data, size), part[PARTS] = { { 0 } };

	for (size_t i = 0; i < PARTS; i++)
		span_cut(&rest, 0, &part[i]);
	check(part, a);
	authres_claims(part[ID_PART], SPAN("mx.example.org"));
	authres_claims(span_from(data, size), part[ID_PART]);
	arena_free(&a);
	return 0;
}
