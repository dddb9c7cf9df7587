/*
 * Generations: what administrators published, numbered, signed, immutable
 * (DESIGN 8). The folders etc/pm/policy and etc/pm/lists are the draft; the
 * filter judges by the active generation.
 *
 *	GENERATION_DIR/active		"7\n": replaced by rename
 *	GENERATION_DIR/000007		the manifest
 *	GENERATION_DIR/000007.sig	Ed25519 over the SHA-256 of its bytes
 *	GENERATION_DIR/objects/SHA256	content, once, whoever has it
 *
 * A manifest is lines: "pm generation 1", "number N", "parent N" (0: none),
 * "time SECONDS", "key ID" (store/publisher.h), "who TEXT", "message TEXT",
 * then for each file, in path order, "file SHA256 BYTES PATH"; paths are
 * "policy/50-x.lua", "policy/options", "policy/templates/x.txt",
 * "lists/NAME".
 *
 * Order of writing, each step fsynced before the next: objects, signature,
 * manifest, active. A crash between any two leaves the old generation or the
 * new one; objects that nothing names are removed by the next prune. Writers
 * hold the lock; readers need none: what a manifest names stays as long as
 * the manifest does.
 */
#ifndef STORE_GENERATION_H
#define STORE_GENERATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"
#include "crypto/hash.h"
#include "store/publisher.h"

#define GENERATION_DIR ROOT_STATE "/generations"

enum {
	GENERATION_FILES_MAX = 4096,
	GENERATION_PATH_MAX = 200,
	GENERATION_TEXT_MAX = 200,	/* who, message */
	GENERATION_KEPT = 50,
	GENERATION_OBJECT_MAX = 512 << 20,
};

struct generation_file {
	struct span path;
	char sha256[HASH_SHA256_HEX_SIZE];
	uint64_t size;
};

struct generation {
	uint64_t number, parent;
	int64_t time_s;
	struct span key, who, message;
	struct generation_file *files;	/* in path order, each once */
	size_t n;
};

/* The folders, for all to look into; by whoever comes first. */
int generation_make(struct err *e);
/* Their only writer until the descriptor is closed. */
int generation_lock(struct err *e);

/* *number_r 0: nothing was published yet. */
int generation_active(uint64_t *number_r, struct err *e);
/* All that are kept, ascending. */
int generation_numbers(struct arena *a, uint64_t **v_r, size_t *n_r,
	struct err *e);
/* Reads one; its signature is good. Objects are checked when read. */
int generation_load(uint64_t number, struct arena *a,
	struct generation *g_r, struct err *e);
const struct generation_file *generation_find(const struct generation *g,
	struct span path);

enum { GENERATION_OBJECT_PATH = 128 };
/* Where the bytes of that hash are. */
void generation_object_path(const char *sha256,
	char out[GENERATION_OBJECT_PATH]);
/* Appends a file's bytes; an error when they are not those. */
int generation_read(const struct generation_file *f, struct buf *b,
	struct err *e);

/* How many paths are new, gone or of another content. */
size_t generation_changes(const struct generation *before,
	const struct generation *after);

/*
 * The rest is for who holds the lock. Keeps the bytes, unless they are there;
 * what path points at must live as long as *f_r.
 */
int generation_put(struct span path, struct span bytes,
	struct generation_file *f_r, struct err *e);
/*
 * Writes manifest and signature; sets number (the next), parent (the active
 * one), time and key. who and message are cut to one printable line each;
 * files are sorted.
 */
int generation_write(struct generation *g, struct arena *a, struct err *e);
int generation_activate(uint64_t number, struct err *e);
/* Takes one that never was in force away; its number is free again. */
void generation_drop(uint64_t number);
/* Keeps the last GENERATION_KEPT, the active one, and what they name. */
int generation_prune(struct err *e);

#endif
