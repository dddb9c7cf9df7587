#include "remote.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "crypto/cert.h"

#define CERT REMOTE_FOLDER "/cert.pem"
#define KEY REMOTE_FOLDER "/key.pem"
/* From the cluster's folder, where PostgreSQL works. */
#define BACK "../../../../../"

enum { WARN_DAYS = 30 };

static int have_certificate(const struct wiring *w, gid_t gid, struct err *e)
{
	if (io_mkdirs(REMOTE_FOLDER, 0755, e) < 0)
		return -1;
	/* Whatever the umask: what it holds has modes of its own. */
	if (chmod(REMOTE_FOLDER, 0755) < 0)
		return err_errno(e, ERR_PERMANENT, REMOTE_FOLDER);
	if (access(CERT, F_OK) == 0 && access(KEY, F_OK) == 0) {
		/* Perhaps somebody else's, whom other appliances know. */
		if (!cert_good(CERT, KEY, WARN_DAYS))
			log_warn(CERT " is valid for less than %d days, or "
				KEY " is not its key: replace both, or remove "
				"them and start again", WARN_DAYS);
		return 0;
	}
	if (cert_make(CERT, KEY, w->name, e) < 0)
		return -1;
	if (geteuid() == 0 && chown(KEY, 0, gid) < 0)
		return err_errno(e, ERR_PERMANENT, KEY);
	log_info(CERT " made for %s", w->name);
	return 0;
}

int remote_prepare(const struct wiring *w, gid_t gid, bool *open_r,
	struct err *e)
{
	*open_r = false;
	if (w->ndb_listen == 0 && w->csm == NULL)
		return 0;
	if (have_certificate(w, gid, e) < 0)
		return -1;
	*open_r = access(REMOTE_CA, F_OK) == 0;
	if (!*open_r)
		log_warn("port 5432 stays closed to other appliances: "
			REMOTE_CA ", which says who may sign their "
			"certificates, is missing");
	return 0;
}

void remote_say_conf(const struct wiring *w, struct buf *b)
{
	buf_string(b, "listen_addresses = '");
	for (size_t i = 0; i < w->ndb_listen; i++)
		buf_printf(b, "%s%s", i ? "," : "", w->db_listen[i]);
	if (w->ndb_listen == 0)
		buf_byte(b, '*');
	buf_string(b, "'\n"
		"ssl = on\n"
		"ssl_min_protocol_version = 'TLSv1.2'\n"
		"ssl_cert_file = '" BACK CERT "'\n"
		"ssl_key_file = '" BACK KEY "'\n"
		"ssl_ca_file = '" BACK REMOTE_CA "'\n");
}

void remote_say_hba(struct buf *b)
{
	buf_string(b, "# From other appliances: TLS, and a certificate whose "
		"name is\n# LOGIN.APPLIANCE.\n"
		"hostssl pm all all cert map=remote\n");
}

void remote_say_ident(struct buf *b)
{
	buf_string(b, "remote \"/^(pm_(recorder|injector|csm|login|enduser|"
		"groups|agent|link))\\.[a-z0-9.-]+$\" \\1\n");
}
