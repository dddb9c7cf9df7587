/*
 * What is inside a backup: a vault (crypto/vault.h) of records, each a type
 * and a head (base/wire.h, behind its length as u32), some with content.
 *
 *	M  version, schema, appliance, site, when it was made, with bodies?
 *	D  path, mode, user, group: a folder
 *	L  path, target: a link
 *	F  path, mode, user, group, mtime, size; then the content
 *	P  the dump of the database: pieces of u32 and bytes, 0 at the end
 *	E  how many records there were: the end
 *
 * Paths are below the root, of etc/pm and var/lib/pm only.
 */
#ifndef BACKUP_FORM_H
#define BACKUP_FORM_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/root.h"
#include "crypto/vault.h"

enum {
	FORM_HEAD_MAX = 64 << 10,
	FORM_PIECE = 64 << 10,
	FORM_NAME_MAX = 64,
	FORM_PATH_MAX = 3000,
};

/* The head of any record. */
struct record {
	char type;
	const char *path, *target, *user, *group;
	uint32_t mode;
	uint64_t size;		/* F */
	int64_t mtime_s;
	/* M */
	const char *version, *appliance, *site;
	uint64_t schema;
	int64_t made_ms;
	bool bodies;
	uint64_t count;		/* E */
};

int form_put(struct vault *v, const struct record *r, struct err *e);
/* Texts in the arena. What is malformed is permanent. */
int form_get(struct vault *v, const char *name, struct arena *a,
	struct record *r_r, struct err *e);
/* A piece of P: its size, 0 at the end, -1 and *e. */
ssize_t form_piece(struct vault *v, const char *name,
	unsigned char bytes[FORM_PIECE], struct err *e);

/* The newest migration of this pm. */
uint64_t form_schema(void);

#endif
