/*
 * What the private Postfix is told, made from the wiring. The same table is
 * written to main.cf and compared with it by `pm mta check`.
 */
#ifndef MTA_CONFIG_H
#define MTA_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/wiring.h"

#define MTA_ETC "etc/pm/postfix"
#define MTA_STATE "var/lib/pm/mta"
#define MTA_QUEUE MTA_STATE "/queue"
#define MTA_DATA MTA_STATE "/data"
#define MTA_LOGS MTA_STATE "/log"
#define MTA_LOG MTA_LOGS "/mail.log"
#define MTA_MAIL "var/lib/pm/mail"

enum { CONFIG_SETTINGS_MAX = 96 };

struct config_setting {
	const char *name, *value;
	const char *why;	/* the comment above it; NULL: none */
};

struct config {
	struct config_setting settings[CONFIG_SETTINGS_MAX];
	size_t nsettings;
	const char *master;	/* master.cf, whole */
	const char *recipients;	/* recipients.regexp, whole */
};

/*
 * cwd and exe are absolute: Postfix takes no others. -1 when one of them
 * has characters that Postfix's files cannot hold.
 */
int config_make(const struct wiring *w, const char *cwd, const char *exe,
	struct arena *a, struct config *c_r, struct err *e);

/* The root's and our own absolute path, in the arena. */
int config_paths(struct arena *a, const char **cwd_r, const char **exe_r,
	struct err *e);

/* main.cf as text. */
void config_write(const struct config *c, struct buf *b);

#endif
