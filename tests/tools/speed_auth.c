/*
 * What it costs to know who sent a message: SPF, DKIM (one RSA-2048
 * signature) and DMARC, with answers of the DNS at hand.
 *
 *	speed_auth sign KEYS FOLDER FILE...
 *	speed_auth verify SECONDS KEYS FILE...
 *
 * Signing writes copies, and the record as OpenDKIM's TestPublicKeys wants it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/io.h"
#include "crypto/sign.h"
#include "mail/address.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/dmarc.h"

#define DOMAIN "alpha.example"
#define KEY_NAME "bench._domainkey." DOMAIN

enum { MEMORY = 1 << 30, FILE_MAX = 256 << 20, QUESTIONS = 100 };

static struct span key_record;

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A file as it is on the wire. */
static struct span load(const char *path, struct arena *a)
{
	struct buf file = { 0 }, wire = { .arena = a };
	struct span rest, line;
	struct err e;

	if (io_slurp(path, FILE_MAX, &file, &e) < 0)
		exit(EXIT_FAILURE);
	rest = buf_bytes(&file);
	while (span_line(&rest, &line)) {
		buf_span(&wire, line);
		buf_string(&wire, "\r\n");
	}
	buf_free(&file);
	return buf_bytes(&wire);
}

/* --- signing ------------------------------------------------------------- */

static void sign_one(struct sign_key *key, const char *path,
	const char *folder, struct arena *a)
{
	const struct dkim_signing how = { SPAN(DOMAIN), SPAN("bench"), false,
		(uint64_t)time(NULL) };
	unsigned char hash[HASH_SHA256_SIZE], signature[SIGN_MOST];
	struct span raw = load(path, a), field;
	struct buf out = { .arena = a };
	const char *name = strrchr(path, '/');
	struct header h;
	struct err e;
	FILE *f;
	size_t n;

	header_parse(raw, &mail_default_limits, a, &h);
	dkim_sign_body(span_after(raw, h.size), a, hash);
	if (!dkim_sign_prepare(&how, &h, hash, a, &field, hash))
		return;
	if (sign_hash(key, hash, signature, &n, &e) < 0)
		exit(EXIT_FAILURE);
	buf_string(&out, "DKIM-Signature:");
	buf_span(&out, dkim_sign_join(field, span_from(signature, n), a));
	buf_string(&out, "\r\n");
	buf_span(&out, raw);
	f = fopen(arena_printf(a, "%s/%s", folder, name ? name + 1 : path),
		"wb");
	if (f == NULL || fwrite(out.p, 1, out.n, f) != out.n ||
	    fclose(f) != 0)
		exit(EXIT_FAILURE);
}

static int sign(char **argv, int n, struct arena *a)
{
	struct buf public = { .arena = a }, record = { .arena = a };
	struct err e;
	struct sign_key *key = sign_generate(SIGN_RSA, &e);
	FILE *f = fopen(argv[0], "w");

	if (key == NULL || f == NULL || sign_put_public(key, &public, &e) < 0)
		return EXIT_FAILURE;
	buf_base64(&record, buf_bytes(&public));
	fprintf(f, KEY_NAME " v=DKIM1; k=rsa; p=%s\n", buf_c(&record));
	fclose(f);
	for (int i = 2; i < n; i++) {
		sign_one(key, argv[i], argv[1], a);
		if (i == n - 1)
			arena_reset(a);
	}
	sign_free(&key);
	return EXIT_SUCCESS;
}

/* --- verifying ----------------------------------------------------------- */

static void answer(struct question *q, struct arena *a)
{
	static const char spf[] = "v=spf1 ip4:192.0.2.0/24 -all";
	static const char dmarc[] = "v=DMARC1; p=reject";
	struct span text = SPAN("");
	struct buf rdata = { .arena = a };

	if (span_is(q->name, DOMAIN))
		text = span_of(spf);
	else if (span_is(q->name, "_dmarc." DOMAIN))
		text = span_of(dmarc);
	else if (span_is(q->name, KEY_NAME))
		text = key_record;
	q->state = ASK_NO;
	if (q->type != LOOKUP_TXT || text.n == 0)
		return;
	while (text.n) {
		struct span piece = span_sub(text, 0, 255);

		buf_byte(&rdata, (unsigned char)piece.n);
		buf_span(&rdata, piece);
		text = span_after(text, piece.n);
	}
	q->state = ASK_YES;
	q->records = arena_array(a, 1, sizeof(*q->records));
	q->records[0] = buf_bytes(&rdata);
	q->nrecords = 1;
}

static bool answer_all(struct lookup *l, struct arena *a)
{
	struct question *q;
	bool any = false;

	while ((q = lookup_fresh(l)) != NULL) {
		answer(q, a);
		any = true;
	}
	return any;
}

/* Did DMARC pass? */
static bool verify(struct span raw, struct arena *a)
{
	struct spf_query who = { .helo = SPAN("mx." DOMAIN),
		.mail_from = SPAN("a@" DOMAIN), .receiver = SPAN("unknown") };
	struct lookup *l = lookup_new(a, QUESTIONS);
	struct dmarc_answer dmarc;
	struct dkim_answer dkim;
	struct spf_answer spf;
	struct header h;
	const struct header *headers[] = { &h };
	struct address *authors;
	unsigned flags;
	size_t n;

	netaddr_parse(SPAN("192.0.2.1"), &who.ip);
	header_parse(raw, &mail_default_limits, a, &h);
	n = address_authors(headers, 1, 8, a, &authors, &flags);
	dmarc_ask(l, authors, n, a);
	do {
		spf_check(l, &who, a, &spf);
		dkim_check(l, raw, &h, (uint64_t)time(NULL), a, &dkim);
		dmarc_check(l, authors, n, &spf, &dkim, a, &dmarc);
	} while (answer_all(l, a));
	return spf.result == AUTH_PASS && dkim.result == AUTH_PASS;
}

static void read_record(const char *path, struct arena *a)
{
	struct buf file = { 0 };
	struct span line;
	struct err e;

	if (io_slurp(path, FILE_MAX, &file, &e) < 0)
		exit(EXIT_FAILURE);
	line = span_trim(arena_span(a, buf_bytes(&file)));
	key_record = span_after(line, span_chr(line, ' ') + 1);
	buf_free(&file);
}

static int verify_all(char **argv, int n, struct arena *kept)
{
	struct arena *a = arena_new("verify", MEMORY);
	double start, took = 0;
	struct span *files = arena_array(kept, (size_t)n, sizeof(*files));
	unsigned rounds = 0;
	int passed = 0;

	read_record(argv[1], kept);
	for (int i = 2; i < n; i++) {
		files[i] = load(argv[i], kept);
		passed += verify(files[i], a);
	}
	start = cpu_seconds();
	while (took < atof(argv[0])) {
		for (int i = 2; i < n; i++) {
			arena_reset(a);
			verify(files[i], a);
		}
		rounds++;
		took = cpu_seconds() - start;
	}
	printf("%.3f ms CPU a message, %d of %d pass SPF and DKIM\n",
		took * 1e3 / rounds / (n - 2), passed, n - 2);
	arena_free(&a);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("files", MEMORY);
	int result = EXIT_FAILURE;

	if (argc > 4 && strcmp(argv[1], "sign") == 0)
		result = sign(argv + 2, argc - 2, a);
	else if (argc > 4 && strcmp(argv[1], "verify") == 0)
		result = verify_all(argv + 2, argc - 2, a);
	else
		fputs("usage: speed_auth sign KEYS FOLDER FILE... | speed_auth "
			"verify SECONDS KEYS FILE...\n", stderr);
	arena_free(&a);
	return result;
}
