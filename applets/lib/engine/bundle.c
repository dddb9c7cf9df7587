#include "engine/bundle.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "engine/dnstable.h"
#include "engine/list.h"
#include "engine/rules_cache.h"
#include "engine/zone.h"

enum {
	MAGIC = 0x6c646e65,
	POLICY_FILE_MAX = 4 << 20,
	OPTIONS_FILE_MAX = 1 << 20,
	TEMPLATE_FILE_MAX = 1 << 20,
	LIST_FILE_MAX = 512 << 20,
	GENERATION_AT = 4,
	SOURCES_MEMORY = 64 << 20,
	RULES_MEMORY = 256 << 20,
	DNSLISTS_MEMORY = 64 << 20,
};

/* The text of one source, and only that one if it is known which. */
static int read_source(const struct bundle_source *f, struct buf *text,
	struct err *e)
{
	static const size_t most[] = { POLICY_FILE_MAX, OPTIONS_FILE_MAX,
		TEMPLATE_FILE_MAX, LIST_FILE_MAX, POLICY_FILE_MAX,
		POLICY_FILE_MAX };
	char hex[HASH_SHA256_HEX_SIZE];
	int result = 0;

	if (f->embedded)
		buf_span(text, embed_file(f->path));
	else
		result = io_slurp(f->path, most[f->kind], text, e);
	if (result < 0 || f->sha256 == NULL)
		return result;
	hash_sha256_hex(buf_bytes(text), hex);
	if (strcmp(hex, f->sha256) == 0)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: is damaged: it is not what was "
		"published as %.*s", f->path, SPAN_FMT(f->name));
}

static int put_text(const struct bundle_source *f, struct buf *b,
	struct err *e)
{
	struct buf text = { 0 };
	int result = read_source(f, &text, e);

	wire_put_span(b, buf_bytes(&text));
	buf_free(&text);
	return result;
}

static int put_list(const struct bundle_source *f, struct buf *b,
	struct err *e)
{
	struct buf text = { 0 }, image = { 0 };
	char shown[512];
	int result = read_source(f, &text, e);

	snprintf(shown, sizeof(shown), "%.*s", SPAN_FMT(f->name));
	if (result == 0)
		result = list_compile(buf_bytes(&text), shown, &image, e);
	wire_put_span(b, buf_bytes(&image));
	buf_free(&text);
	buf_free(&image);
	return result;
}

/* All of one kind: how many, then the name of each and what it holds. */
static int put_kind(const struct bundle_sources *all, enum bundle_kind kind,
	int (*put)(const struct bundle_source *f, struct buf *b,
	struct err *e), struct buf *b, struct err *e)
{
	uint32_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->v[i].kind == kind;
	wire_put_u32(b, n);
	for (size_t i = 0; i < all->n; i++) {
		const struct bundle_source *f = &all->v[i];

		if (f->kind != kind)
			continue;
		wire_put_span(b, span_after(f->name,
			span_rchr(f->name, '/') + 1));
		if (put(f, b, e) < 0)
			return -1;
	}
	return 0;
}

/* Switches of the rules; a site need not have any. */
static int put_options(const struct bundle_sources *all, struct buf *b,
	struct err *e)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].kind == BUNDLE_OPTIONS)
			return put_text(&all->v[i], b, e);
	wire_put_span(b, SPAN(""));
	return 0;
}

/* Tables of one kind, in name order; how many. */
static int read_tables(const struct bundle_sources *all,
	enum bundle_kind kind, struct arena *a, struct rule_file *files,
	size_t *n_r, struct err *e)
{
	*n_r = 0;
	for (size_t i = 0; i < all->n; i++) {
		struct buf text = { .arena = a };

		if (all->v[i].kind != kind)
			continue;
		if (read_source(&all->v[i], &text, e) < 0)
			return -1;
		files[(*n_r)++] = (struct rule_file){ all->v[i].name,
			buf_bytes(&text) };
	}
	return 0;
}

static int put_rules(const struct bundle_settings *s,
	const struct bundle_sources *all, struct buf *b, struct err *e)
{
	struct arena *a = arena_new("site rules", RULES_MEMORY);
	struct rule_file *files = arena_array(a, all->n, sizeof(*files));
	struct buf record = { .arena = a };
	size_t n;
	int result = read_tables(all, BUNDLE_RULES, a, files, &n, e);

	if (result == 0 && n)
		result = rules_cache_put(s->compiled, files, n, &record, e);
	wire_put_span(b, buf_bytes(&record));
	arena_free(&a);
	return result;
}

static int put_dnslists(const struct bundle_sources *all, struct buf *b,
	struct err *e)
{
	struct arena *a = arena_new("DNS lists", DNSLISTS_MEMORY);
	struct rule_file *files = arena_array(a, all->n, sizeof(*files));
	struct buf record = { .arena = a };
	struct dnstable table;
	size_t n;
	int result = read_tables(all, BUNDLE_DNSLISTS, a, files, &n, e);

	if (result == 0)
		result = dnstable_read_all(files, n, a, &table, e);
	if (result == 0)
		dnstable_put(&table, &record);
	wire_put_span(b, buf_bytes(&record));
	arena_free(&a);
	return result;
}

static void put_spans(struct buf *b, const struct span *v, size_t n)
{
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_span(b, v[i]);
}

static void put_keys(struct buf *b, const struct bundle_settings *s)
{
	wire_put_u32(b, (uint32_t)s->nkeys);
	for (size_t i = 0; i < s->nkeys; i++) {
		wire_put_span(b, s->keys[i].domain);
		wire_put_span(b, s->keys[i].selector);
		wire_put_u8(b, s->keys[i].ed25519);
	}
}

/* Of the host, so no part of what makes a draft the same as another. */
static void put_zones(struct buf *b)
{
	struct buf zones = { 0 };

	zone_put_all(ZONE_FOLDER, clock_wall_ms() / 1000, &zones);
	wire_put_span(b, buf_bytes(&zones));
	buf_free(&zones);
}

/* A draft has no number: two with one content have one, a large one. */
static void stamp(struct buf *b, size_t start)
{
	unsigned char hash[HASH_SHA256_SIZE];

	hash_sha256(span_after(buf_bytes(b), start + GENERATION_AT + 8), hash);
	memcpy(b->p + start + GENERATION_AT, hash, 8);
	b->p[start + GENERATION_AT + 7] &= 0x7f;
	b->p[start + GENERATION_AT + 7] |= 0x40;
}

void bundle_generation_name(uint64_t generation,
	char out[BUNDLE_GENERATION_SIZE])
{
	if (generation <= UINT32_MAX)
		snprintf(out, BUNDLE_GENERATION_SIZE, "generation %lu",
			(unsigned long)generation);
	else
		snprintf(out, BUNDLE_GENERATION_SIZE, "%016llx",
			(unsigned long long)generation);
}

int bundle_build_from(const struct bundle_settings *s,
	const struct bundle_sources *from, struct buf *b, struct err *e)
{
	size_t start = b->n;

	wire_put_u32(b, MAGIC);
	wire_put_u64(b, from->generation);
	put_spans(b, s->networks, s->nnetworks);
	put_spans(b, s->domains, s->ndomains);
	wire_put_u8(b, s->virus);
	put_keys(b, s);
	wire_put_span(b, s->authserv);
	wire_put_span(b, s->answers);
	if (put_kind(from, BUNDLE_POLICY, put_text, b, e) < 0 ||
	    put_options(from, b, e) < 0 ||
	    put_kind(from, BUNDLE_TEMPLATE, put_text, b, e) < 0 ||
	    put_kind(from, BUNDLE_LIST, put_list, b, e) < 0 ||
	    put_rules(s, from, b, e) < 0 || put_dnslists(from, b, e) < 0)
		return -1;
	if (from->generation == 0)
		stamp(b, start);
	wire_put_span(b, s->feedback);
	wire_put_span(b, s->dns_keys);
	wire_put_span(b, s->rules);
	wire_put_span(b, s->model);
	put_zones(b);
	return 0;
}

int bundle_build(const struct bundle_settings *s, const char *policy_dir,
	const char *lists_dir, struct buf *b, struct err *e)
{
	struct arena *a = arena_new("sources", SOURCES_MEMORY);
	struct bundle_sources from;
	int result = bundle_find_sources(policy_dir, lists_dir, a, &from, e);

	if (result == 0)
		result = bundle_build_from(s, &from, b, e);
	arena_free(&a);
	return result;
}

static struct span *get_spans(struct wire *w, struct arena *a, size_t *n_r)
{
	uint32_t n = wire_count(w, 4);
	struct span *v = arena_array(a, n, sizeof(*v));

	for (uint32_t i = 0; i < n; i++)
		v[i] = wire_span(w);
	*n_r = n;
	return v;
}

static void get_keys(struct wire *w, struct arena *a,
	struct bundle_settings *s)
{
	s->nkeys = wire_count(w, 9);
	s->keys = arena_array(a, s->nkeys, sizeof(*s->keys));
	for (size_t i = 0; i < s->nkeys; i++) {
		s->keys[i].domain = wire_span(w);
		s->keys[i].selector = wire_span(w);
		s->keys[i].ed25519 = wire_u8(w);
	}
}

static struct bundle_file *get_files(struct wire *w, struct arena *a,
	size_t *n_r)
{
	uint32_t n = wire_count(w, 8);
	struct bundle_file *v = arena_array(a, n, sizeof(*v));

	for (uint32_t i = 0; i < n; i++) {
		v[i].name = wire_span(w);
		v[i].text = wire_span(w);
	}
	*n_r = n;
	return v;
}

int bundle_open(struct span record, struct arena *a, struct bundle *bundle_r,
	struct err *e)
{
	struct wire w = wire_open(record);
	struct bundle *b = bundle_r;
	uint32_t magic = wire_u32(&w);

	*b = (struct bundle){ .generation = wire_u64(&w) };
	b->settings.networks = get_spans(&w, a, &b->settings.nnetworks);
	b->settings.domains = get_spans(&w, a, &b->settings.ndomains);
	b->settings.virus = wire_u8(&w);
	get_keys(&w, a, &b->settings);
	b->settings.authserv = wire_span(&w);
	b->settings.answers = wire_span(&w);
	b->policy = get_files(&w, a, &b->npolicy);
	b->options = wire_span(&w);
	b->templates = get_files(&w, a, &b->ntemplates);
	b->nlists = wire_count(&w, 8);
	b->lists = arena_array(a, b->nlists, sizeof(*b->lists));
	for (size_t i = 0; i < b->nlists; i++) {
		b->lists[i].name = wire_span(&w);
		b->lists[i].image = wire_span(&w);
	}
	b->rules = wire_span(&w);
	b->dnslists = wire_span(&w);
	b->settings.feedback = wire_span(&w);
	b->settings.dns_keys = wire_span(&w);
	b->settings.rules = wire_span(&w);
	b->settings.model = wire_span(&w);
	b->zones = wire_span(&w);
	if (magic == MAGIC && wire_done(&w))
		return 0;
	return err_set(e, ERR_BUG, "the policy bundle is malformed");
}

const struct bundle_list *bundle_find_list(const struct bundle *bundle,
	struct span name)
{
	for (size_t i = 0; i < bundle->nlists; i++)
		if (span_eq(bundle->lists[i].name, name))
			return &bundle->lists[i];
	return NULL;
}
