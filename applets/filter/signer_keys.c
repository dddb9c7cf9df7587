#include "signer_keys.h"

#include <stdlib.h>
#include <string.h>

#include "store/keyring.h"

enum { KEYS_MAX = 4096, MEMORY = 8 << 20 };

struct held_key {
	char domain[KEYRING_DOMAIN_MAX + 1];
	char selector[KEYRING_SELECTOR_MAX + 1];
	struct sign_key *key;
};

static struct held_key *held;
static size_t nheld;

static void forget_all(void)
{
	for (size_t i = 0; i < nheld; i++)
		sign_free(&held[i].key);
	nheld = 0;
}

static int hold(const char *domain, const struct keyring_key *k,
	struct err *e)
{
	char path[KEYRING_PATH_SIZE];
	struct held_key *h = &held[nheld];
	struct sign_key *key;

	if (nheld == KEYS_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d keys",
			KEYS_MAX);
	keyring_path(domain, k->selector, path);
	key = sign_load(path, e);
	if (key == NULL)
		return -1;
	*h = (struct held_key){ .key = key };
	memcpy(h->domain, domain, span_of(domain).n);
	memcpy(h->selector, k->selector, sizeof(h->selector));
	nheld++;
	return 0;
}

/* The first trouble stays; the domain's other keys are read all the same. */
static int read_domain(const char *domain, struct keyring *r, struct err *e)
{
	struct err trouble;
	int result = 0;

	if (keyring_load(domain, r, &trouble) < 0) {
		*e = trouble;
		return -1;
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].state != KEYRING_NEW &&
		    hold(domain, &r->keys[i], &trouble) < 0) {
			*e = trouble;
			result = -1;
		}
	return result;
}

/* One list for our whole life. */
static void make_room(void)
{
	if (held == NULL)
		held = calloc(KEYS_MAX, sizeof(*held));
	if (held == NULL)
		abort();
}

int signer_keys_read(struct err *e)
{
	struct arena *a = arena_new("keys", MEMORY);
	struct keyring *r = arena_alloc(a, sizeof(*r));
	const char **domains;
	struct err trouble;
	size_t n;
	int result;

	make_room();
	forget_all();
	result = keyring_domains(a, &domains, &n, e);
	for (size_t i = 0; i < n; i++)
		if (read_domain(domains[i], r, &trouble) < 0 && result == 0)
			result = err_set(e, ERR_PERMANENT, "%.300s: outgoing "
				"mail of %s is answered 451", trouble.text,
				domains[i]);
	arena_free(&a);
	return result;
}

struct sign_key *signer_keys_find(const char *domain, const char *selector)
{
	for (size_t i = 0; i < nheld; i++)
		if (strcmp(held[i].domain, domain) == 0 &&
		    strcmp(held[i].selector, selector) == 0)
			return held[i].key;
	return NULL;
}

size_t signer_keys_count(void)
{
	return nheld;
}
