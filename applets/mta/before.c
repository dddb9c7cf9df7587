#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "config.h"
#include "master.h"

#define POSTFIX_MASTER "/usr/lib/postfix/sbin/master"
#define LOCK_FILE MTA_STATE "/lock"
#define PID_FILE MTA_QUEUE "/pid/master.pid"

enum { STALE_MS = 5000, PORT_MS = 2000, PATH_SIZE = 4096 };

int before_installed(struct err *e)
{
	if (geteuid() != 0)
		return err_set(e, ERR_PERMANENT, "Postfix needs root: start "
			"pm supervise as root");
	if (access(POSTFIX_MASTER, X_OK) < 0 || getpwnam("postfix") == NULL ||
	    getgrnam("postdrop") == NULL)
		return err_set(e, ERR_PERMANENT, "Postfix is not installed: "
			"apt-get install postfix");
	if (getpwnam("pm-mail") == NULL)
		return err_set(e, ERR_PERMANENT, "user pm-mail does not "
			"exist: run pm setup as root");
	return 0;
}

/* Every folder down to an absolute path must let other users through. */
int before_reachable(const char *path, struct err *e)
{
	char part[PATH_SIZE];
	struct stat st;

	for (size_t i = 1; path[0] && i <= span_of(path).n; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (stat(part, &st) < 0)
			return err_errno(e, ERR_PERMANENT, "%s", part);
		if ((st.st_mode & S_IXOTH) == 0)
			return err_set(e, ERR_PERMANENT, "%s: Postfix's users "
				"cannot pass this folder: chmod o+x %s, or "
				"take a root elsewhere", part, part);
	}
	return 0;
}

/* Can we listen there? Whoever listens already is told. */
static int try_port(const char *what, const char *where, struct err *e)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct netaddr addr;
	struct span host;
	uint16_t port;
	int fd, bad, on = 1;

	if (!netaddr_split_port(span_of(where), &host, &port) ||
	    !netaddr_parse(host, &addr))
		return err_set(e, ERR_PERMANENT, "%s: \"%s\" is not "
			"ADDRESS:PORT", what, where);
	memcpy(&v4.sin_addr, addr.b, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, addr.b, sizeof(v6.sin6_addr));
	v4.sin_port = v6.sin6_port = htons(port);
	fd = socket(addr.n == 4 ? AF_INET : AF_INET6, SOCK_STREAM |
		SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: %s", what, where);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bad = addr.n == 4 ? bind(fd, (struct sockaddr *)&v4, sizeof(v4)) :
		bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	if (bad == 0)
		bad = listen(fd, 1);
	/* Whoever has it may go away: the supervisor tries again. */
	if (bad < 0 && errno == EADDRINUSE)
		err_set(e, ERR_TEMPORARY, "port %u on %.*s is in use: choose "
			"others in etc/pm/wiring.lua (%s)", port,
			SPAN_FMT(host), what);
	else if (bad < 0)
		err_errno(e, ERR_PERMANENT, "cannot listen on %s (%s in "
			"etc/pm/wiring.lua)", where, what);
	close(fd);
	return bad < 0 ? -1 : 0;
}

static int try_ports(const struct wiring *w, struct err *e)
{
	for (size_t i = 0; i < w->mta.nlisten; i++)
		if (try_port("mta.listen", w->mta.listen[i], e) < 0)
			return -1;
	return w->mta.reinject ?
		try_port("mta.reinject", w->mta.reinject, e) : 0;
}

/*
 * The smtpd processes of an earlier start keep its ports for a moment after
 * their master has given back its lock.
 */
int before_ports(const struct wiring *w, struct err *e)
{
	int64_t deadline = clock_ms() + PORT_MS;

	while (try_ports(w, e) < 0) {
		if (e->class != ERR_TEMPORARY || clock_left_ms(deadline) == 0)
			return -1;
		clock_sleep_ms(20);
	}
	return 0;
}

/* A folder with its owner, group and mode. */
static int make_folder(const char *path, uid_t uid, gid_t gid, mode_t mode,
	struct err *e)
{
	if (io_mkdirs(path, 0755, e) < 0)
		return -1;
	if (chown(path, uid, gid) < 0 || chmod(path, mode) < 0)
		return err_errno(e, ERR_PERMANENT,
			"%s: cannot give it its owner", path);
	return 0;
}

int before_log(struct err *e)
{
	const struct group *adm = getgrnam(LOG_GROUP);
	int fd, bad;

	/* The log reader may be the first to come. */
	if (make_folder(MTA_STATE, 0, 0, 0755, e) < 0 ||
	    make_folder(MTA_LOGS, 0, 0, 0755, e) < 0)
		return -1;
	fd = open(MTA_LOG, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	bad = fd < 0 || (geteuid() == 0 &&
		(fchown(fd, 0, adm ? adm->gr_gid : 0) < 0 ||
		 fchmod(fd, 0640) < 0));
	if (bad)
		err_errno(e, ERR_TEMPORARY, MTA_LOG);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

int before_folders(struct err *e)
{
	static const char *const queues[] = { "active", "bounce", "corrupt",
		"defer", "deferred", "flush", "hold", "incoming", "private",
		"saved", "trace" };
	uid_t owner = getpwnam("postfix")->pw_uid;
	gid_t drop = getgrnam("postdrop")->gr_gid;
	struct passwd *mail = getpwnam("pm-mail");
	char path[PATH_SIZE];

	if (make_folder(MTA_ETC, 0, 0, 0755, e) < 0 ||
	    make_folder(MTA_STATE, 0, 0, 0755, e) < 0 ||
	    make_folder(MTA_QUEUE, 0, 0, 0755, e) < 0 ||
	    make_folder(MTA_QUEUE "/pid", 0, 0, 0755, e) < 0 ||
	    make_folder(MTA_QUEUE "/maildrop", owner, drop, 01730, e) < 0 ||
	    make_folder(MTA_QUEUE "/public", owner, drop, 02710, e) < 0 ||
	    make_folder(MTA_DATA, owner, 0, 0700, e) < 0 ||
	    before_log(e) < 0 ||
	    make_folder(MTA_MAIL, mail->pw_uid, mail->pw_gid, 0755, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		snprintf(path, sizeof(path), MTA_QUEUE "/%s", queues[i]);
		if (make_folder(path, owner, 0, 0700, e) < 0)
			return -1;
	}
	return 0;
}

/* Postfix locks its pid file in the same way as we lock ours. */
static bool is_locked(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		flock(fd, LOCK_UN);
		return false;
	}
	return errno == EWOULDBLOCK;
}

int before_alone(struct err *e)
{
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		0600);

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, LOCK_FILE);
	if (is_locked(fd)) {
		close(fd);
		return err_set(e, ERR_PERMANENT, "the MTA of this root is "
			"running already (" LOCK_FILE " is held): pm stop "
			"mta stops it");
	}
	/* Not closed: the lock is the process's. */
	flock(fd, LOCK_EX | LOCK_NB);
	return 0;
}

/* The pid in an open pid file, 0 when there is none. */
static pid_t read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	uint64_t pid;

	if (n <= 0 || !span_u64(span_trim(span_from(text, (size_t)n)),
	    INT32_MAX, &pid) || pid < 2)
		return 0;
	return (pid_t)pid;
}

int before_stale(struct err *e)
{
	int64_t deadline = clock_ms() + STALE_MS;
	int fd = open(PID_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	pid_t pid;

	if (fd < 0)
		return 0;
	pid = is_locked(fd) ? read_pid(fd) : 0;
	if (pid) {
		log_warn("a Postfix of an earlier start is still there (pid "
			"%d): it is stopped", (int)pid);
		kill(pid, SIGTERM);
	}
	while (is_locked(fd) && clock_left_ms(deadline) > 0)
		clock_sleep_ms(20);
	if (is_locked(fd)) {
		close(fd);
		return err_set(e, ERR_TEMPORARY, PID_FILE ": a Postfix of an "
			"earlier start does not end (pid %d)", (int)pid);
	}
	close(fd);
	return 0;
}
