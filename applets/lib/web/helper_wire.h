/*
 * How a web role's process and its helpers speak (web/helper.h): over
 * SOCK_SEQPACKET, one request and one answer a connection, base/wire.h.
 * Neither side trusts the other: what is malformed is refused as a whole.
 */
#ifndef WEB_HELPER_WIRE_H
#define WEB_HELPER_WIRE_H

#include "base/buf.h"
#include "web/helper.h"

enum {
	HELPER_PACKET_MAX = 16384,
	HELPER_NAME_MAX = 63,		/* of an account */
	HELPER_PASSWORD_MAX = 1024,	/* bytes, never cut */
	HELPER_SOURCE_MAX = 128 << 20,	/* of a message, unpacked */
	HELPER_SEALED_MAX = HELPER_SOURCE_MAX + (1 << 20),
	HELPER_PREVIEW_MAX = 8 << 20,	/* of a preview's record */
};

enum helper_kind {
	HELPER_LOGIN = 1,	/* name, password, peer */
	HELPER_CHANGE,		/* cookie, old, fresh */
	HELPER_PREVIEW,		/* id; a descriptor of the sealed bytes */
	HELPER_SOURCE,		/* the same */
	HELPER_LINK_SHOW,	/* ticket, peer */
	HELPER_LINK_USE,	/* the same */
};

struct helper_request {
	enum helper_kind kind;
	struct span text[3];	/* unused ones are empty */
};

void helper_put_request(struct buf *b, const struct helper_request *r);
bool helper_get_request(struct span packet, struct helper_request *r_r);

void helper_put_login(struct buf *b, const struct login_answer *l);
bool helper_get_login(struct span packet, struct login_answer *l_r);

void helper_put_link(struct buf *b, const struct link_answer *l);
bool helper_get_link(struct span packet, struct link_answer *l_r);

/*
 * The viewer's answer: ERR_NONE and a descriptor (of a preview's record, or
 * of the message), or what went wrong.
 */
void helper_put_error(struct buf *b, const struct err *e);
bool helper_get_error(struct span packet, struct err *e_r);

void preview_put(struct buf *b, const struct preview *p);
/*
 * False: malformed; texts that are not UTF-8, or have control characters
 * other than line ends in `headers` and `text`, are.
 */
bool preview_get(struct span record, struct arena *a, struct preview *p_r);

/* "run/pm/csm/login.sock" */
enum { HELPER_PATH_SIZE = 64 };
void helper_path(const char *role, const char *helper,
	char out[HELPER_PATH_SIZE]);

#endif
