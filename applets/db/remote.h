/*
 * The database for other appliances: PostgreSQL's TLS on port 5432, where
 * only a client certificate opens. Wired by db.listen; in a site of many
 * appliances (csm) everywhere unless that says where.
 *
 *	etc/pm/db/cert.pem, key.pem	who we are; made here when they are
 *					missing, replaced by whoever likes
 *	etc/pm/db/ca.pem		who signs the certificates of other
 *					appliances; without it the port stays
 *					closed
 *
 * The common name of a client's certificate is LOGIN.APPLIANCE, as in
 * "pm_recorder.mx2": it opens that login and no other; the owner's and root's
 * are never opened from outside. HUP reads the files again.
 */
#ifndef DB_REMOTE_H
#define DB_REMOTE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/wiring.h"

#define REMOTE_FOLDER ROOT_ETC "/db"
#define REMOTE_CA REMOTE_FOLDER "/ca.pem"

/*
 * As root, before power is given up: the certificate, readable for group
 * `gid`. *open_r: shall it listen? Says why not in the log.
 */
int remote_prepare(const struct wiring *w, gid_t gid, bool *open_r,
	struct err *e);
/* What belongs into pm.conf, pg_hba.conf and pg_ident.conf for it. */
void remote_say_conf(const struct wiring *w, struct buf *b);
void remote_say_hba(struct buf *b);
void remote_say_ident(struct buf *b);

#endif
