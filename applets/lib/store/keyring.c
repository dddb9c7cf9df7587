#include "store/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum { FILE_MAX = KEYRING_KEYS_MAX * 1024, LABEL_MAX = 63, WORDS = 5 };

static const char *const state_names[] = { "new", "active", "retiring" };
static const char *const kind_names[] = { "rsa", "ed25519" };

_Static_assert(sizeof(state_names) / sizeof(*state_names) ==
	KEYRING_STATE_N, "a name for each state");

const char *keyring_state_name(enum keyring_state s)
{
	return state_names[s];
}

const char *keyring_kind_name(enum sign_kind k)
{
	return kind_names[k];
}

static bool label_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' &&
		    s.p[i] != '_')
			return false;
	return s.n && s.n <= LABEL_MAX && s.p[0] != '-' &&
		s.p[s.n - 1] != '-';
}

bool keyring_selector_ok(struct span selector)
{
	return label_ok(selector);
}

bool keyring_domain_ok(struct span domain)
{
	struct span rest = domain, label;

	if (domain.n == 0 || domain.n > KEYRING_DOMAIN_MAX ||
	    domain.p[domain.n - 1] == '.')
		return false;
	while (span_cut(&rest, '.', &label))
		if (!label_ok(label))
			return false;
	return true;
}

void keyring_path(const char *domain, const char *selector,
	char out[KEYRING_PATH_SIZE])
{
	snprintf(out, KEYRING_PATH_SIZE, KEYRING_DIR "/%s/%s.pem", domain,
		selector);
}

static void path_of(const char *domain, const char *name,
	char out[KEYRING_PATH_SIZE])
{
	snprintf(out, KEYRING_PATH_SIZE, KEYRING_DIR "/%s%s", domain, name);
}

/* Whatever the umask says. */
static int make_folder(const char *path, struct err *e)
{
	struct stat st;

	if (io_mkdirs(path, 0755, e) < 0)
		return -1;
	if (stat(path, &st) == 0 && ((st.st_mode & 07777) == 0755 ||
	    chmod(path, 0755) == 0))
		return 0;
	return err_errno(e, ERR_PERMANENT, "%s: cannot set its mode", path);
}

int keyring_make(struct err *e)
{
	return make_folder(KEYRING_DIR, e);
}

int keyring_lock(const char *domain, struct err *e)
{
	char path[KEYRING_PATH_SIZE];
	int fd;

	path_of(domain, "", path);
	if (keyring_make(e) < 0 || make_folder(path, e) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, "%s: cannot lock it", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Which of the words; n: none. */
static size_t word_in(const char *const *words, size_t n, struct span s)
{
	size_t i = 0;

	while (i < n && !span_is(s, words[i]))
		i++;
	return i;
}

static bool read_line(struct span line, struct keyring_key *k)
{
	struct span w[WORDS] = { { NULL, 0 } };
	uint64_t since;
	size_t n = 0, kind, state;

	while (n < WORDS && span_cut(&line, ' ', &w[n]))
		n++;
	kind = word_in(kind_names, 2, w[1]);
	state = word_in(state_names, KEYRING_STATE_N, w[2]);
	if (n != WORDS || line.n || !keyring_selector_ok(w[0]) ||
	    kind == 2 || state == KEYRING_STATE_N ||
	    !span_u64(w[3], INT64_MAX, &since) || w[4].n == 0 ||
	    w[4].n > KEYRING_PUBLIC_MAX)
		return false;
	*k = (struct keyring_key){ .kind = (enum sign_kind)kind,
		.state = (enum keyring_state)state,
		.since_s = (int64_t)since };
	memcpy(k->selector, w[0].p, w[0].n);
	memcpy(k->public, w[4].p, w[4].n);
	return true;
}

static int read_lines(struct span rest, const char *path, struct keyring *r,
	struct err *e)
{
	struct span line;

	for (unsigned nth = 1; span_line(&rest, &line); nth++) {
		if (r->n == KEYRING_KEYS_MAX)
			return err_set(e, ERR_PERMANENT, "%s: more than %d "
				"keys: retire some", path, KEYRING_KEYS_MAX);
		if (!read_line(line, &r->keys[r->n++]))
			return err_set(e, ERR_PERMANENT, "%s:%u: is no key: "
				"restore it from the backup", path, nth);
	}
	return 0;
}

int keyring_load(const char *domain, struct keyring *r, struct err *e)
{
	char path[KEYRING_PATH_SIZE];
	struct buf b = { 0 };
	int result;

	r->n = 0;
	path_of(domain, "/keys", path);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	result = io_slurp(path, FILE_MAX, &b, e);
	if (result == 0)
		result = read_lines(buf_bytes(&b), path, r, e);
	buf_free(&b);
	return result;
}

int keyring_save(const char *domain, const struct keyring *r, struct err *e)
{
	char path[KEYRING_PATH_SIZE];
	struct buf b = { 0 };
	int result;

	path_of(domain, "/keys", path);
	for (size_t i = 0; i < r->n; i++) {
		const struct keyring_key *k = &r->keys[i];

		buf_printf(&b, "%s %s %s %lld %s\n", k->selector,
			kind_names[k->kind], state_names[k->state],
			(long long)k->since_s, k->public);
	}
	result = io_replace_file(path, 0644, buf_bytes(&b), e);
	buf_free(&b);
	if (result == 0 && chmod(path, 0644) < 0)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	return result;
}

struct keyring_key *keyring_find(struct keyring *r, const char *selector)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->keys[i].selector, selector) == 0)
			return &r->keys[i];
	return NULL;
}

bool keyring_may_go(const struct keyring_key *k, int64_t now_s)
{
	return k->state == KEYRING_RETIRING &&
		now_s - k->since_s >= KEYRING_OVERLAP_S;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int keyring_domains(struct arena *a, const char ***domains_r, size_t *n_r,
	struct err *e)
{
	DIR *d = opendir(KEYRING_DIR);
	struct dirent *f;

	*n_r = 0;
	*domains_r = arena_array(a, KEYRING_DOMAINS_MAX, sizeof(char *));
	if (d == NULL)
		return errno == ENOENT ? 0 : err_errno(e, ERR_PERMANENT,
			KEYRING_DIR ": cannot be read");
	while ((f = readdir(d)) && *n_r < KEYRING_DOMAINS_MAX)
		if (keyring_domain_ok(span_of(f->d_name)))
			(*domains_r)[(*n_r)++] = arena_string(a,
				span_of(f->d_name));
	closedir(d);
	if (*n_r)
		qsort(*domains_r, *n_r, sizeof(char *), by_name);
	return 0;
}
