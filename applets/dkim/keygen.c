#include "dkim.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"

#define SIGNER_USER "pm-key"

enum { STRING_MAX = 255 };	/* of a TXT record (RFC 1035 3.3.14) */

const char *dkim_record_name(const struct dkim_job *j,
	const struct keyring_key *k)
{
	return arena_printf(j->a, "%s._domainkey.%s", k->selector, j->domain);
}

const char *dkim_record_value(const struct dkim_job *j,
	const struct keyring_key *k)
{
	return arena_printf(j->a, "v=DKIM1; k=%s; p=%s",
		keyring_kind_name(k->kind), k->public);
}

/* As a line of a zone file; brackets let a record go over lines. */
static void print_record(const struct dkim_job *j,
	const struct keyring_key *k)
{
	struct span rest = span_of(dkim_record_value(j, k));
	bool many = rest.n > STRING_MAX;

	printf("%s. IN TXT %s", dkim_record_name(j, k), many ? "(" : "");
	for (; rest.n; rest = span_after(rest, STRING_MAX)) {
		struct span s = span_sub(rest, 0, STRING_MAX);

		printf("%s\"%.*s\"", many ? "\n\t" : "", SPAN_FMT(s));
	}
	puts(many ? " )" : "");
}

/* "pm202611"; when there is one, "pm202611b" and so on. */
static int choose_selector(struct dkim_job *j, struct err *e)
{
	time_t now = (time_t)j->now_s;
	char month[8];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(month, sizeof(month), "%Y%m", &tm);
	j->selector = arena_printf(j->a, "pm%s", month);
	for (char c = 'b'; keyring_find(j->keys, j->selector); c++) {
		if (c > 'z')
			return err_set(e, ERR_PERMANENT, "%s has too many "
				"keys of this month: give --selector",
				j->domain);
		j->selector = arena_printf(j->a, "pm%s%c", month, c);
	}
	return 0;
}

/* For the signer's eyes only. */
static int give_away(const char *path, struct err *e)
{
	const struct passwd *pw = getpwnam(SIGNER_USER);

	if (geteuid() != 0)
		return 0;
	if (pw == NULL)
		return err_set(e, ERR_PERMANENT, "user " SIGNER_USER ": no "
			"such user: run pm setup as root to make it");
	if (chown(path, pw->pw_uid, pw->pw_gid) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot give it to "
			SIGNER_USER, path);
	return 0;
}

/* One that is there is never overwritten: mail may be signed with it. */
static int store(const char *path, const struct sign_key *key, struct err *e)
{
	struct buf pem = { 0 };
	int result;

	if (access(path, F_OK) == 0)
		return err_set(e, ERR_PERMANENT, "%s is there already: choose "
			"another --selector", path);
	result = sign_put_private(key, &pem, e);
	if (result == 0)
		result = io_replace_file(path, 0600, buf_bytes(&pem), e);
	explicit_bzero(pem.p, pem.n);
	buf_free(&pem);
	return result < 0 ? -1 : give_away(path, e);
}

static int make_key(struct dkim_job *j, enum sign_kind kind,
	const char *selector, struct err *e)
{
	struct keyring_key *k = &j->keys->keys[j->keys->n];
	struct buf public = { .arena = j->a }, text = { .arena = j->a };
	char path[KEYRING_PATH_SIZE];
	struct sign_key *key;
	int result;

	if (j->keys->n == KEYRING_KEYS_MAX)
		return err_set(e, ERR_PERMANENT, "%s has %d keys: retire some",
			j->domain, KEYRING_KEYS_MAX);
	if (!keyring_selector_ok(span_of(selector)))
		return err_set(e, ERR_PERMANENT, "--selector %s: is none: up "
			"to %d lower-case letters, digits and hyphens",
			selector, KEYRING_SELECTOR_MAX);
	if (keyring_find(j->keys, selector))
		return err_set(e, ERR_PERMANENT, "%s has a key %s already: "
			"choose another --selector", j->domain, selector);
	key = sign_generate(kind, e);
	if (key == NULL)
		return -1;
	*k = (struct keyring_key){ .kind = kind, .since_s = j->now_s };
	snprintf(k->selector, sizeof(k->selector), "%s", selector);
	keyring_path(j->domain, selector, path);
	result = sign_put_public(key, &public, e);
	buf_base64(&text, buf_bytes(&public));
	snprintf(k->public, sizeof(k->public), "%s", buf_c(&text));
	if (result == 0)
		result = store(path, key, e);
	sign_free(&key);
	j->keys->n += result == 0;
	return result;
}

/* Of what kinds the new keys are: as those that sign, else RSA. */
static int choose_kinds(const struct dkim_job *j, bool kinds[2],
	struct err *e)
{
	const char *word = j->algorithm;

	kinds[SIGN_RSA] = kinds[SIGN_ED25519] = false;
	for (size_t i = 0; word == NULL && i < j->keys->n; i++)
		if (j->keys->keys[i].state == KEYRING_ACTIVE)
			kinds[j->keys->keys[i].kind] = true;
	if (kinds[SIGN_RSA] || kinds[SIGN_ED25519])
		return 0;
	if (word == NULL)
		word = "rsa";
	kinds[SIGN_RSA] = strcmp(word, "ed25519") != 0;
	kinds[SIGN_ED25519] = strcmp(word, "rsa") != 0;
	if (kinds[SIGN_RSA] && kinds[SIGN_ED25519] &&
	    strcmp(word, "both") != 0)
		return err_set(e, ERR_PERMANENT, "--algorithm %s: is none of "
			"rsa, ed25519, both", word);
	return 0;
}

int dkim_keygen(struct dkim_job *j, struct err *e)
{
	size_t before = j->keys->n;
	bool kinds[2];

	if (choose_kinds(j, kinds, e) < 0 ||
	    (j->selector == NULL && choose_selector(j, e) < 0))
		return -1;
	if (kinds[SIGN_RSA] && make_key(j, SIGN_RSA, j->selector, e) < 0)
		return -1;
	if (kinds[SIGN_ED25519] && make_key(j, SIGN_ED25519, kinds[SIGN_RSA] ?
		    arena_printf(j->a, "%s-ed", j->selector) : j->selector,
		    e) < 0)
		return -1;
	if (keyring_save(j->domain, j->keys, e) < 0)
		return -1;
	for (size_t i = before; i < j->keys->n; i++)
		print_record(j, &j->keys->keys[i]);
	fprintf(stderr, "publish %s; then: pm dkim check %s --activate\n",
		j->keys->n - before == 1 ? "this record" : "these records",
		j->domain);
	return 0;
}
