#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/io.h"
#include "base/root.h"
#include "crypto/keyfile.h"
#include "crypto/seal.h"
#include "crypto/ticket.h"
#include "mailauth/batv.h"
#include "role/life.h"
#include "role/plan.h"
#include "setup.h"
#include "store/spool.h"
#include "tool/publish.h"
#include "web/first_login.h"

#define FROM "lua/policy/"
#define FROM_LISTS FROM "lists/"

enum { MODE_DIR = 0755, MODE_FILE = 0644, MODE_SECRET = 0640 };

#define FRESH ".new"

/* Has a folder nothing but hidden files, and what a killed writer left? */
static bool is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	bool empty = true;

	if (d == NULL)
		return false;
	while (empty && (entry = readdir(d)) != NULL)
		empty = entry->d_name[0] == '.' || span_ends(span_of(
			entry->d_name), SPAN(FRESH));
	closedir(d);
	return empty;
}

/* The files of a folder, to `to` (NULL: nowhere), then the folder itself. */
static void move_files(struct arena *a, const char *from, const char *to)
{
	DIR *d = opendir(from);

	for (struct dirent *f; d && (f = readdir(d)); ) {
		const char *path = arena_printf(a, "%s/%s", from, f->d_name);

		if (strcmp(f->d_name, ".") == 0 ||
		    strcmp(f->d_name, "..") == 0)
			continue;
		if (to == NULL || rename(path, arena_printf(a, "%s/%s", to,
		    f->d_name)) < 0)
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(from);
}

static int write_files(struct arena *a, const char *prefix,
	const char *folder, const char *fresh, struct err *e)
{
	const char *from;

	for (size_t i = 0; (from = embed_name(prefix, i)) != NULL; i++) {
		const char *name = from + span_of(prefix).n;

		if (strchr(name, '/'))
			continue;
		if (io_replace_file(arena_printf(a, "%s/%s", fresh, name),
		    MODE_FILE, embed_file(from), e) < 0)
			return -1;
		printf("%s/%s installed\n", folder, name);
	}
	return 0;
}

/*
 * Puts the embedded files below `prefix` into an empty folder, all of them at
 * once: killed in the middle, the next set-up begins anew.
 */
static int install_files(struct arena *a, const char *prefix,
	const char *folder, struct err *e)
{
	const char *fresh = arena_printf(a, "%s" FRESH, folder);
	struct stat st;

	if (!is_empty(folder))
		return 0;
	move_files(a, fresh, NULL);
	if (stat(folder, &st) < 0 || io_mkdirs(fresh, MODE_DIR, e) < 0 ||
	    write_files(a, prefix, folder, fresh, e) < 0)
		return -1;
	if (chown(fresh, st.st_uid, st.st_gid) < 0 ||
	    chmod(fresh, st.st_mode & 07777) < 0)
		return err_errno(e, ERR_PERMANENT, "%s", fresh);
	/* One with hidden files in it is not replaced. */
	if (rename(fresh, folder) < 0)
		move_files(a, fresh, folder);
	return io_sync_dir(ROOT_ETC) < 0 ? err_errno(e, ERR_TEMPORARY,
		ROOT_ETC) : 0;
}

/* One that is there already keeps its owner and mode. */
static int make_folders(struct err *e)
{
	static const char *const folders[] = { ROOT_ETC, ROOT_POLICY,
		ROOT_LISTS, ROOT_STATE, ROOT_LOG, ROOT_RUN };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (io_mkdirs(folders[i], MODE_DIR, e) < 0)
			return -1;
	return spool_make(e);
}

static int write_wiring(const struct wiring *w, struct err *e)
{
	const struct group *g = getgrnam(LIFE_GROUP);
	struct buf b = { 0 };
	int result;

	wiring_write(w, &b);
	bool secret = w->database || w->alarms.webhook;

	result = io_replace_file(ROOT_WIRING, secret ? MODE_SECRET : MODE_FILE,
		buf_bytes(&b), e);
	buf_free(&b);
	/*
	 * A connection string may have a password, a webhook is one: for the
	 * roles only.
	 */
	if (result == 0 && secret && geteuid() == 0 && g &&
	    chown(ROOT_WIRING, 0, g->gr_gid) < 0)
		return err_errno(e, ERR_PERMANENT, ROOT_WIRING);
	return result;
}

/* A key for root and a group; one that is there stays. */
static int make_key(const char *path, const char *group, struct err *e)
{
	struct group *g = getgrnam(group);

	if (keyfile_make(path, e) < 0)
		return -1;
	if (geteuid() == 0 && g && chown(path, 0, g->gr_gid) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot give it to the "
			"group %s", path, group);
	return 0;
}

/*
 * For those who seal and open bodies, and for who reads the links of digests;
 * the database is not among them.
 */
static int make_keys(struct err *e)
{
	return make_key(SEAL_KEY_FILE, "pm-body", e) < 0 ? -1 :
		make_key(TICKET_KEY_FILE, "pm-link", e);
}

/* Signs envelope senders (BATV); front's alone. One that is there stays. */
static int make_tag_key(struct err *e)
{
	const struct passwd *front = getpwnam("pm-milt");
	struct buf b = { 0 };
	int result = 0;

	if (access(BATV_KEY_FILE, F_OK) < 0) {
		batv_make_key(&b);
		result = io_replace_file(BATV_KEY_FILE, 0400, buf_bytes(&b), e);
		buf_free(&b);
	}
	if (result == 0 && geteuid() == 0 && front &&
	    chown(BATV_KEY_FILE, front->pw_uid, front->pw_gid) < 0)
		return err_errno(e, ERR_PERMANENT, BATV_KEY_FILE);
	return result;
}

/*
 * The filter needs a generation to start with. What is published already
 * stays, whatever the draft is.
 */
static int publish_first(struct arena *a, struct err *e)
{
	struct publish_result r;
	struct generation g;
	uint64_t active;
	int lock, result;

	if (publisher_make(e) < 0)
		return -1;
	lock = generation_lock(e);
	if (lock < 0)
		return -1;
	result = generation_active(&active, e);
	if (result == 0 && active == 0)
		result = published_draft(ROOT_POLICY, ROOT_LISTS, true, a,
			&g, e);
	if (result == 0 && active == 0) {
		g.who = publish_who(a);
		g.message = SPAN("pm setup");
		result = publish_generation(&g, a, &r, e);
		if (result == 0)
			printf("policy and lists published: generation %llu\n",
				(unsigned long long)r.number);
	}
	close(lock);
	return result;
}

int apply_plan(struct setup *s, struct err *e)
{
	umask(022);
	if (!s->root_exists && (io_mkdirs(s->root, MODE_DIR, e) < 0 ||
	    root_enter(s->root, NULL, e) < 0))
		return -1;
	if (users_make(s->a, e) < 0 || make_folders(e) < 0 ||
	    install_files(s->a, FROM, ROOT_POLICY, e) < 0 ||
	    install_files(s->a, FROM_LISTS, ROOT_LISTS, e) < 0 ||
	    tuning_apply(s, e) < 0)
		return -1;
	if (wiring_has_role(&s->plan, "filter") &&
	    (publish_first(s->a, e) < 0 || make_tag_key(e) < 0))
		return -1;
	if (wiring_conninfo(&s->plan) && make_keys(e) < 0)
		return -1;
	return write_wiring(&s->plan, e);
}

int apply_first_login(struct setup *s, struct err *e)
{
	struct first_login f;

	if (!wiring_has_role(&s->plan, "csm") ||
	    !plan_role("csm")->role->built ||
	    access(FIRST_LOGIN_DONE, F_OK) == 0)
		return 0;
	if (!first_login_read(s->a, &f) || !first_login_good(&f))
		return first_login_offer("admin", s->plan.web_csm, e);
	printf("the one-time password printed before still holds; pm csm "
		"password makes a new one\n");
	return 0;
}
