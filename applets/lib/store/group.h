/*
 * Groups of people: addresses and domains under a name, in a tree. A group has
 * its own members and those of the groups below it. Policy asks for them
 * (rcpt:member), digests and searches go by them.
 */
#ifndef STORE_GROUP_H
#define STORE_GROUP_H

#include "base/map.h"
#include "db/db.h"

struct mail_group {
	struct span name, parent, about; /* parent: empty, or a group's name */
	int64_t members;	/* its own */
};

/* By name, in the arena. */
int group_list(struct db *db, struct arena *a, struct mail_group **v_r,
	size_t *n_r, struct err *e);

/*
 * Who belongs to a group: addresses, domains, ".domain" for all below one, in
 * lower case and their order. Lives in the arena.
 */
struct group_people {
	struct span *members;
	size_t n;
	struct map *set;
};

/*
 * With the groups below it when `deep`. Permanent error: there is no such
 * group. One without members is a group, too, to which nobody belongs.
 */
int group_people(struct db *db, struct span name, bool deep, struct arena *a,
	struct group_people *people_r, struct err *e);

/* Case does not count. */
bool group_has(const struct group_people *people, struct span address);

/* For SQL: whole addresses, and patterns of LIKE for the rest. */
struct group_terms {
	struct span *addresses, *patterns;
	size_t naddresses, npatterns;
};
void group_terms(const struct group_people *people, struct arena *a,
	struct group_terms *terms_r);

/*
 * A text as a member, in lower case: an address, a domain, or ".domain".
 * False: it may not be one (nor what a list would take for a pattern).
 */
bool group_as_member(struct span text, struct arena *a, struct span *member_r);

/*
 * Changes, noted in the audit under `who`. Errors: permanent for names and
 * members that cannot be, and what is not there.
 */

/* Makes it, or changes it. parent: "" for none; each may be NULL: as it is. */
int group_put(struct db *db, struct span name, const char *parent,
	const char *about, const char *who, struct err *e);
/* Permanent error, too: there are groups below it. */
int group_drop(struct db *db, struct span name, const char *who,
	struct err *e);
/* All of them or none; who is a member already stays one. */
int group_add(struct db *db, struct span name, const struct span *members,
	size_t n, const char *who, struct err *e);
/* *gone_r: how many of them were members. */
int group_remove(struct db *db, struct span name, const struct span *members,
	size_t n, const char *who, size_t *gone_r, struct err *e);

#endif
