/*
 * Tickets: what a person may order once, in a link of a digest or in his
 * answer to it. HMAC-SHA-256 (RFC 2104, its first 16 bytes: RFC 4868) under a
 * key of the purpose, which is derived from TICKET_KEY_FILE; as text base64url
 * without padding (RFC 4648 section 5):
 *
 *	u8 version 1, u8 purpose, u8 action, u32 end (seconds since 1970, big
 *	endian), 16 bytes item, u32 place; of a link: u8 bytes of the rule's
 *	name, the name, and the person's address; then 16 bytes of HMAC
 *
 * An answer's ticket has no name and no address in it, so that it is short
 * enough to be quoted in one line; the address is under the HMAC all the
 * same, and whoever reads the ticket must know it.
 *
 * What is used twice is the database's to know: `key` names the ticket.
 */
#ifndef CRYPTO_TICKET_H
#define CRYPTO_TICKET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/span.h"

#define TICKET_KEY_FILE "etc/pm/link.key"

enum {
	TICKET_PERSON_MAX = 320,
	TICKET_RULE_MAX = 40,
	TICKET_TAG = 16,
	TICKET_TEXT_MAX = 550,	/* bytes of one as text */
	TICKET_REPLY_TEXT = 58,	/* … of an answer's, always */
};

enum ticket_purpose { TICKET_LINK = 1, TICKET_REPLY };

enum ticket_action {
	TICKET_RELEASE = 1,
	TICKET_ALLOW,	/* release, and always allow the sender */
	TICKET_DELETE,
	TICKET_OPT_OUT,	/* no digests of the rule */
	TICKET_OPT_IN,
	TICKET_ACTION_N
};

struct ticket {
	enum ticket_purpose purpose;
	enum ticket_action action;
	int64_t end_s;		/* good until then, wall clock */
	struct id item;		/* the message; of an opt: any */
	uint32_t place;		/* of the recipient in the envelope */
	struct span rule;	/* of the digest; a reply has none */
	struct span person;	/* whose it is, lower case */
	struct id key;		/* names it; of ticket_read only */
};

struct ticket_keys;	/* in locked memory, wiped when freed */

/* From a key file (crypto/keyfile.h). NULL and *e. */
struct ticket_keys *ticket_load(const char *path, struct err *e);
void ticket_free(struct ticket_keys **k);

/* Appends its text. Names that are too long are a bug. */
void ticket_put(const struct ticket_keys *k, const struct ticket *t,
	struct buf *text);

enum ticket_result {
	TICKET_GOOD,
	TICKET_ENDED,	/* genuine, but too late; *t_r is filled in */
	TICKET_BAD,	/* no ticket of ours for this purpose */
};

/*
 * person: of an answer, whose ticket it must be; of a link unused. Spans of
 * *t_r are in the arena, or the caller's.
 */
enum ticket_result ticket_read(const struct ticket_keys *k, struct span text,
	enum ticket_purpose purpose, struct span person, int64_t now_s,
	struct arena *a, struct ticket *t_r);

#endif
