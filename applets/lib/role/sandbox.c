#include "role/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "role/sandbox_profiles.h"

/* Newer than Debian 12's headers; the kernel decides by its ABI. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)	/* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15)	/* ABI 5 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)	/* ABI 6 */

#define ACCESS_READ ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_READ_DIR))
#define ACCESS_WRITE ((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | \
	LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER) | \
	ACCESS_TRUNCATE)
/* What a rule on something that is not a folder may name. */
#define ACCESS_OF_FILE ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_WRITE_FILE) | ACCESS_TRUNCATE)

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/*
 * ABI 1 (Linux 5.13 to 5.18) forbids every rename into another folder, which
 * the spool lives by: too old to be used.
 */
enum { ABI_LEAST = 2 };

/* Everything that this ABI can forbid is forbidden unless a rule allows. */
static int make_ruleset(long abi, struct ruleset *set)
{
	size_t size = sizeof(set->fs);

	*set = (struct ruleset){ .fs = (LANDLOCK_ACCESS_FS_REFER << 1) - 1 };
	if (abi >= 3)
		set->fs |= ACCESS_TRUNCATE;
	if (abi >= 5)
		set->fs |= ACCESS_IOCTL_DEV;
	if (abi >= 6) {
		set->scoped = SCOPE_ABSTRACT_UNIX;
		size = sizeof(*set);
	}
	return (int)syscall(SYS_landlock_create_ruleset, set, size, 0);
}

static int add_path(int ruleset, const struct sandbox_path *p,
	uint64_t handled, struct err *e)
{
	struct landlock_path_beneath_attr rule = { 0 };
	struct stat st;
	int fd = open(p->path, O_PATH | O_CLOEXEC), bad;

	if (fd < 0 && errno == ENOENT && p->access == SANDBOX_MAYBE)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(e, ERR_PERMANENT, "%s: cannot be allowed to the "
			"sandbox", p->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	rule.allowed_access = ACCESS_READ |
		(p->access == SANDBOX_WRITE ? ACCESS_WRITE : 0) |
		(p->access == SANDBOX_RUN ? LANDLOCK_ACCESS_FS_EXECUTE : 0);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_OF_FILE;
	rule.allowed_access &= handled;
	rule.parent_fd = fd;
	bad = (int)syscall(SYS_landlock_add_rule, ruleset,
		LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	if (bad)
		err_errno(e, ERR_PERMANENT, "%s: Landlock rule", p->path);
	close(fd);
	return bad;
}

static int restrict_paths(int ruleset, const struct sandbox_path *paths,
	uint64_t handled, struct err *e)
{
	for (; paths && paths->path; paths++)
		if (add_path(ruleset, paths, handled, e) < 0)
			return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_errno(e, ERR_PERMANENT, "Landlock");
	return 0;
}

int sandbox_paths(const struct sandbox_path *paths, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set;
	int ruleset, result;

	if (abi < ABI_LEAST) {
		err_set(e, ERR_PERMANENT, "this kernel has no usable Landlock "
			"(ABI %ld, needs %d): file access is limited by "
			"seccomp and users only", abi < 0 ? 0 : abi,
			ABI_LEAST);
		return 1;
	}
	ruleset = make_ruleset(abi, &set);
	if (ruleset < 0)
		return err_errno(e, ERR_PERMANENT, "Landlock ruleset");
	result = restrict_paths(ruleset, paths, set.fs, e);
	close(ruleset);
	return result;
}

/* A compiled filter: the instructions follow the head. */
struct sandbox_program {
	unsigned short n;
	struct sock_filter code[];
};

static int add_rules(scmp_filter_ctx ctx, const struct sandbox_rule *r)
{
	int result = 0;

	for (; r->call != -1 && result == 0; r++) {
		uint32_t action = r->error ?
			SCMP_ACT_ERRNO((uint32_t)r->error) : SCMP_ACT_ALLOW;

		if (r->call < 0)
			continue; /* this processor has no such call */
		result = seccomp_rule_add_array(ctx, action, r->call,
			r->nargs, &r->arg);
		if (result == -EEXIST)
			result = 0; /* two groups name the same */
	}
	return result;
}

/* Fills the filter; 0 or a negative errno. */
static int fill(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
	const struct sandbox_rule *const *g = sandbox_profile_groups(profile);
	int result = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
		SCMP_ACT_KILL_PROCESS);

	/* A binary tree: 2 instead of 100 comparisons for a common call. */
	if (result == 0)
		result = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (; *g && result == 0; g++)
		result = add_rules(ctx, *g);
	return result;
}

/* Reads the instructions back out of the memfd that libseccomp wrote. */
static struct sandbox_program *load(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	struct sandbox_program *p;

	if (size <= 0 || size > BPF_MAXINSNS * (off_t)sizeof(p->code[0]) ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return NULL;
	p = calloc(1, sizeof(*p) + (size_t)size);
	if (p == NULL)
		return NULL;
	p->n = (unsigned short)((size_t)size / sizeof(p->code[0]));
	if (io_read_all(fd, p->code, (size_t)size) != size) {
		free(p);
		return NULL;
	}
	return p;
}

struct sandbox_program *sandbox_compile(enum sandbox_profile profile,
	struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sandbox_program *p = NULL;
	int result = -ENOMEM;

	if (ctx)
		result = fill(ctx, profile);
	if (result == 0)
		result = seccomp_export_bpf(ctx, fd);
	errno = -result;
	if (result == 0)
		p = load(fd);
	if (p == NULL)
		err_errno(e, ERR_BUG, "seccomp filter of profile %d", profile);
	if (ctx)
		seccomp_release(ctx);
	if (fd >= 0)
		close(fd);
	return p;
}

int sandbox_enter(const struct sandbox_program *p)
{
	struct sock_fprog prog = { .len = p->n,
		.filter = (struct sock_filter *)(uintptr_t)p->code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

int sandbox_calls(enum sandbox_profile profile, struct err *e)
{
	struct sandbox_program *p = sandbox_compile(profile, e);
	int result;

	if (p == NULL)
		return -1;
	result = sandbox_enter(p);
	if (result < 0)
		err_errno(e, ERR_BUG, "seccomp filter of profile %d", profile);
	free(p);
	return result < 0 ? -1 : 0;
}

int sandbox_confine(const struct sandbox_path *paths,
	enum sandbox_profile profile, struct err *e)
{
	int landlock = sandbox_paths(paths, e);

	if (landlock > 0)
		log_warn("%s", e->text);
	return landlock < 0 ? -1 : sandbox_calls(profile, e);
}
