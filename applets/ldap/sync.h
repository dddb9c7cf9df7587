/*
 * pm ldap: what the files of this applet share. The root is entered.
 *
 * Sources are data, etc/pm/ldap.lua:
 *
 *	return {
 *		{ name = "staff",
 *		  servers = { "ldaps://ldap1.example.org" },
 *		  bind = "cn=pm,ou=services,dc=example,dc=org",
 *		  password = "etc/pm/ldap-staff.key",
 *		  base = "ou=people,dc=example,dc=org",
 *		  filter = "(&(objectClass=person)(mail=*))",
 *		  attributes = { "mail", "proxyAddresses" },
 *		  into = "group:staff" },
 *	}
 *
 * name, servers, base and into must be there. Defaults: no bind, filter
 * (mail=*), attributes { "mail" }, authorities the system's, most 200000
 * entries, seconds 60 for everything.
 *
 * into: "list:NAME" or "group:NAME", each value of the attributes becomes an
 * entry of it; "aliases", the first value is the person, all of them are his
 * addresses, `language` names the attribute with his language. Of values
 * "smtp:a@example.org" (proxyAddresses) the address counts, of those with
 * another word before the colon nothing.
 */
#ifndef LDAP_SYNC_H
#define LDAP_SYNC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/root.h"
#include "base/span.h"
#include "db/db.h"

#define LDAP_SOURCES ROOT_ETC "/ldap.lua"
#define LDAP_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

enum {
	LDAP_MOST = 200000, LDAP_MOST_MAX = 5000000,
	LDAP_SECONDS = 60, LDAP_SECONDS_MAX = 3600,
	LDAP_ATTRIBUTES_MAX = 16,
	LDAP_SHRINK = 20, LDAP_SHRINK_PERCENT = 25,
};

enum ldap_into { LDAP_INTO_LIST, LDAP_INTO_GROUP, LDAP_INTO_ALIASES };

struct ldap_source {
	const char *name, *servers, *authorities, *bind, *password, *base;
	const char *filter, *language;
	const char *attributes[LDAP_ATTRIBUTES_MAX + 2]; /* language last */
	size_t nattributes;	/* without language; then NULL */
	enum ldap_into into;
	const char *target;	/* of a list or group */
	uint64_t most, seconds;
};

/* --- sources.c --- */

/* No file: none. Errors name file, source and key. */
int ldap_sources(struct arena *a, struct ldap_source **v_r, size_t *n_r,
	struct err *e);

/* --- fetch.c --- */

/* What a directory answered: entries as they are kept, each once, sorted. */
struct ldap_answer {
	struct span *v;
	size_t n;
	size_t people;		/* entries of the directory */
	size_t strange;		/* values that are no address */
	struct span example;	/* of these; empty: none */
};

/*
 * Asks, in a confined child, which ends with the source's time. filter: NULL,
 * or in the place of the source's. -1: nothing of the answer counts.
 */
int ldap_answer(const struct ldap_source *s, const char *filter,
	struct arena *a, struct ldap_answer *r, struct err *e);

/* --- target.c --- */

/* An entry without a person and language: what it is about. */
struct span ldap_key(enum ldap_into into, struct span entry);
/* What is there, whoever put it in. */
int ldap_target_now(const struct ldap_source *s, struct db *db,
	struct arena *a, struct span **v_r, size_t *n_r, struct err *e);
int ldap_target_change(const struct ldap_source *s, struct db *db,
	struct arena *a, const struct span *add, size_t nadd,
	const struct span *remove, size_t nremove, struct err *e);

/* --- sync.c --- */

struct ldap_sync {
	struct db *db;
	bool dry_run, accept;
};

/* Brings a source's target up to date, and says what it did. */
int ldap_sync(const struct ldap_sync *y, const struct ldap_source *s,
	struct err *e);

#endif
