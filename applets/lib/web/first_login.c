#include "web/first_login.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/netaddr.h"

#define GROUP "pm-login"

enum { FILE_BYTES = 1024, DAY_MS = 86400000, GROUP_BYTES = 4, GROUPS = 4 };

/*
 * As root: the log-in helper reads the file, marks it and removes it. The
 * folder is the helper's, too: a link that it left must not lead elsewhere.
 */
static int give(const char *path, mode_t mode, struct err *e)
{
	const struct group *g;
	int fd, bad;

	if (geteuid() != 0)
		return 0;
	g = getgrnam(GROUP);
	if (g == NULL)
		return err_set(e, ERR_PERMANENT, "group " GROUP ": no such "
			"group; run pm setup as root to make it");
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bad = fd < 0 || fchown(fd, 0, g->gr_gid) < 0 || fchmod(fd, mode) < 0;
	if (bad)
		err_errno(e, ERR_PERMANENT, "%s: cannot give it to group "
			GROUP, path);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

static int write_file(const struct first_login *f, struct err *e)
{
	struct buf b = { 0 };
	int result;

	buf_printf(&b, "name %.*s\nhash %s\nends %lld\n", SPAN_FMT(f->name),
		f->hash, (long long)f->ends_ms);
	if (f->used)
		buf_string(&b, "used\n");
	result = io_replace_file(FIRST_LOGIN_FILE, 0640, buf_bytes(&b), e);
	buf_free(&b);
	return result;
}

int first_login_folder(struct err *e)
{
	return io_mkdirs(FIRST_LOGIN_FOLDER, 0755, e) < 0 ? -1 :
		give(FIRST_LOGIN_FOLDER, 0770, e);
}

int first_login_make(const char *name, char password_r[SECRET_WORD_SIZE],
	struct err *e)
{
	char hash[SECRET_HASH_SIZE];
	struct first_login f = { span_of(name), hash, clock_wall_ms() +
		(int64_t)FIRST_LOGIN_DAYS * DAY_MS, false };

	secret_password(password_r);
	if (!secret_hash(span_of(password_r), hash))
		return err_set(e, ERR_TEMPORARY, "no memory to hash a "
			"password");
	if (first_login_folder(e) < 0 || write_file(&f, e) < 0)
		return -1;
	return give(FIRST_LOGIN_FILE, 0640, e);
}

/* One line "WORD VALUE". */
static void read_line(struct first_login *f, struct span line,
	struct arena *a)
{
	uint64_t ends;

	if (span_is(line, "used"))
		f->used = true;
	else if (span_starts(line, SPAN("name ")))
		f->name = arena_span(a, span_after(line, 5));
	else if (span_starts(line, SPAN("hash ")))
		f->hash = arena_string(a, span_after(line, 5));
	else if (span_starts(line, SPAN("ends ")) &&
		 span_u64(span_after(line, 5), INT64_MAX, &ends))
		f->ends_ms = (int64_t)ends;
}

bool first_login_read(struct arena *a, struct first_login *f_r)
{
	struct buf b = { 0 };
	struct span rest, line;
	bool there = io_slurp(FIRST_LOGIN_FILE, FILE_BYTES, &b, NULL) == 0;

	*f_r = (struct first_login){ 0 };
	rest = buf_bytes(&b);
	while (there && span_line(&rest, &line))
		read_line(f_r, line, a);
	buf_free(&b);
	return there && f_r->name.n && f_r->hash;
}

bool first_login_good(const struct first_login *f)
{
	return !f->used && clock_wall_ms() < f->ends_ms;
}

int first_login_use(const struct first_login *f, struct err *e)
{
	struct first_login used = *f;

	used.used = true;
	return write_file(&used, e);
}

int first_login_end(struct err *e)
{
	if (io_replace_file(FIRST_LOGIN_DONE, 0640, SPAN(""), e) < 0)
		return -1;
	if (unlink(FIRST_LOGIN_FILE) < 0 && errno != ENOENT)
		return err_errno(e, ERR_TEMPORARY, FIRST_LOGIN_FILE ": cannot "
			"remove");
	return 0;
}

bool first_login_looks(struct span s)
{
	if (s.n != GROUPS * GROUP_BYTES + GROUPS - 1)
		return false;
	for (size_t i = GROUP_BYTES; i < s.n; i += GROUP_BYTES + 1)
		if (s.p[i] != '-')
			return false;
	return true;
}

/* What a browser calls a listening address: any address is this host. */
static void browser_host(const char *listen, char *out, size_t size)
{
	struct span host = SPAN("localhost");
	uint16_t port = 0;
	char name[256] = "localhost";

	netaddr_split_port(span_of(listen), &host, &port);
	gethostname(name, sizeof(name) - 1);
	if (!span_is(host, "0.0.0.0") && !span_is(host, "::"))
		snprintf(name, sizeof(name), span_chr(host, ':') == SIZE_MAX ?
			"%.*s" : "[%.*s]", SPAN_FMT(host));
	snprintf(out, size, "%s:%u", name, port);
}

int first_login_offer(const char *name, const char *listen, struct err *e)
{
	char password[SECRET_WORD_SIZE], host[300];

	if (first_login_make(name, password, e) < 0)
		return -1;
	browser_host(listen, host, sizeof(host));
	printf("log in at https://%s/ as %s with the one-time password %s\n"
		"(good once, within %d days; then you choose your own)\n",
		host, name, password, FIRST_LOGIN_DAYS);
	explicit_bzero(password, sizeof(password));
	return 0;
}
