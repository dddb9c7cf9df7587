#include "engine/bundle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/io.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "engine/list.h"

#define EMBEDDED_POLICY "lua/policy/"
#define EMBEDDED_LISTS "lua/policy/lists/"

enum {
	MAGIC = 0x6c646e62,
	FILES_MAX = 1000,
	POLICY_FILE_MAX = 4 << 20,
	OPTIONS_FILE_MAX = 1 << 20,
	LIST_FILE_MAX = 512 << 20,
	GENERATION_AT = 4,
};

/* The names in a folder that are wanted, in order. */
struct names {
	char **v;
	size_t n;
};

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct names){ 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_policy(struct span name)
{
	return span_ends(name, SPAN(".lua")) && name.p[0] != '.';
}

/* Editors leave their own files beside the one edited. */
static bool is_list(struct span name)
{
	return name.p[0] != '.' && name.p[0] != '#' &&
		!span_ends(name, SPAN("~"));
}

static int add_name(struct names *names, const char *name, struct err *e)
{
	if (names->v == NULL)
		names->v = calloc(FILES_MAX, sizeof(*names->v));
	if (names->n == FILES_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d files",
			FILES_MAX);
	if (names->v == NULL || (names->v[names->n] = strdup(name)) == NULL)
		return err_set(e, ERR_TEMPORARY, "no memory");
	names->n++;
	return 0;
}

static int list_folder(const char *dir, bool (*wanted)(struct span),
	struct names *names, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int result = 0;

	if (d == NULL)
		return err_errno(e, ERR_PERMANENT, "%s: cannot be read", dir);
	while (result == 0 && (entry = readdir(d)))
		if (wanted(span_of(entry->d_name)))
			result = add_name(names, entry->d_name, e);
	closedir(d);
	return result;
}

static int list_embedded(const char *prefix, bool (*wanted)(struct span),
	struct names *names, struct err *e)
{
	const char *path;

	for (size_t i = 0; (path = embed_name(prefix, i)); i++) {
		struct span name = span_after(span_of(path), strlen(prefix));

		if (span_chr(name, '/') == SIZE_MAX && wanted(name) &&
		    add_name(names, (const char *)name.p, e) < 0)
			return -1;
	}
	return 0;
}

/* The text of one file: on disk, or embedded when there is no folder. */
static int read_file(const char *dir, const char *prefix, const char *name,
	size_t max, struct buf *text, struct err *e)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s%s%s", dir ? dir : prefix,
		    dir ? "/" : "", name) >= (int)sizeof(path))
		return err_set(e, ERR_PERMANENT, "%s: path too long", dir);
	if (dir)
		return io_slurp(path, max, text, e);
	buf_span(text, embed_file(path));
	return 0;
}

static int put_policy(const char *dir, struct buf *b, struct err *e)
{
	struct names names = { 0 };
	int result = dir ? list_folder(dir, is_policy, &names, e) :
		list_embedded(EMBEDDED_POLICY, is_policy, &names, e);

	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	if (result == 0 && names.n == 0)
		result = err_set(e, ERR_PERMANENT, "%s: no policy: there is "
			"no file *.lua in it", dir ? dir : "the executable");
	wire_put_u32(b, (uint32_t)names.n);
	for (size_t i = 0; result == 0 && i < names.n; i++) {
		struct buf text = { 0 };

		result = read_file(dir, EMBEDDED_POLICY, names.v[i],
			POLICY_FILE_MAX, &text, e);
		wire_put_span(b, span_of(names.v[i]));
		wire_put_span(b, buf_bytes(&text));
		buf_free(&text);
	}
	free_names(&names);
	return result;
}

/* Switches of the rules; a site need not have any. */
static int put_options(const char *dir, struct buf *b, struct err *e)
{
	struct buf text = { 0 };
	char path[4096];
	int result = 0;

	if (dir && snprintf(path, sizeof(path), "%s/options", dir) <
	    (int)sizeof(path) && access(path, F_OK) == 0)
		result = io_slurp(path, OPTIONS_FILE_MAX, &text, e);
	wire_put_span(b, buf_bytes(&text));
	buf_free(&text);
	return result;
}

static int put_list(const char *dir, const char *name, struct buf *b,
	struct err *e)
{
	struct buf text = { 0 }, image = { 0 };
	char shown[512];
	int result = read_file(dir, EMBEDDED_LISTS, name, LIST_FILE_MAX, &text,
		e);

	snprintf(shown, sizeof(shown), "lists/%s", name);
	if (result == 0)
		result = list_compile(buf_bytes(&text), shown, &image, e);
	wire_put_span(b, span_of(name));
	wire_put_span(b, buf_bytes(&image));
	buf_free(&text);
	buf_free(&image);
	return result;
}

static int put_lists(const char *dir, struct buf *b, struct err *e)
{
	struct names names = { 0 };
	int result = dir ? list_folder(dir, is_list, &names, e) :
		list_embedded(EMBEDDED_LISTS, is_list, &names, e);

	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	wire_put_u32(b, (uint32_t)names.n);
	for (size_t i = 0; result == 0 && i < names.n; i++)
		result = put_list(dir, names.v[i], b, e);
	free_names(&names);
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

/* Two bundles with one generation have one content. */
static void stamp(struct buf *b, size_t start)
{
	unsigned char hash[HASH_SHA256_SIZE];

	hash_sha256(span_after(buf_bytes(b), start + GENERATION_AT + 8), hash);
	memcpy(b->p + start + GENERATION_AT, hash, 8);
	b->p[start + GENERATION_AT + 7] &= 0x7f;
}

int bundle_build(const struct bundle_settings *s, const char *policy_dir,
	const char *lists_dir, struct buf *b, struct err *e)
{
	size_t start = b->n;

	wire_put_u32(b, MAGIC);
	wire_put_u64(b, 0);
	put_spans(b, s->networks, s->nnetworks);
	put_spans(b, s->domains, s->ndomains);
	wire_put_u8(b, s->virus);
	put_keys(b, s);
	wire_put_span(b, s->authserv);
	if (put_policy(policy_dir, b, e) < 0 ||
	    put_options(policy_dir, b, e) < 0 ||
	    put_lists(lists_dir, b, e) < 0)
		return -1;
	stamp(b, start);
	return 0;
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
	b->npolicy = wire_count(&w, 8);
	b->policy = arena_array(a, b->npolicy, sizeof(*b->policy));
	for (size_t i = 0; i < b->npolicy; i++) {
		b->policy[i].name = wire_span(&w);
		b->policy[i].text = wire_span(&w);
	}
	b->options = wire_span(&w);
	b->nlists = wire_count(&w, 8);
	b->lists = arena_array(a, b->nlists, sizeof(*b->lists));
	for (size_t i = 0; i < b->nlists; i++) {
		b->lists[i].name = wire_span(&w);
		b->lists[i].image = wire_span(&w);
	}
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
