#include "role/sandbox_profiles.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define ALLOW(name) { .call = SCMP_SYS(name) }
#define REFUSE(name, errno_) { .call = SCMP_SYS(name), .error = errno_ }
#define WHEN(name, n, value) { .call = SCMP_SYS(name), .nargs = 1, \
	.arg = { n, SCMP_CMP_EQ, (value), 0 } }
/* Allowed when the bits of mask in argument n are exactly value. */
#define MASKED(name, n, mask, value) { .call = SCMP_SYS(name), .nargs = 1, \
	.arg = { n, SCMP_CMP_MASKED_EQ, (mask), (value) } }
#define END { .call = -1 }

/* Calculating, waiting, talking on open descriptors: everybody's. */
static const struct sandbox_rule basic[] = {
	ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev),
	ALLOW(close), ALLOW(lseek),
	ALLOW(recvmsg), ALLOW(sendmsg), ALLOW(recvfrom), ALLOW(sendto),
	ALLOW(poll), ALLOW(ppoll),
	ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),
	/* Nothing that was data ever becomes code. */
	MASKED(mmap, 2, PROT_EXEC, 0), MASKED(mprotect, 2, PROT_EXEC, 0),
	ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(time),
	ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(sched_yield),
	ALLOW(exit), ALLOW(exit_group), ALLOW(restart_syscall),
	ALLOW(futex), ALLOW(rt_sigreturn), ALLOW(rt_sigprocmask),
	ALLOW(fstat),
	/* glibc's fstat(); an empty path is not checkable, but reveals no
	   more than that a file is there. */
	WHEN(newfstatat, 3, AT_EMPTY_PATH),
	ALLOW(getrandom), ALLOW(getpid), ALLOW(gettid),
	/* abort(), and nothing that would stop somebody else quietly. */
	WHEN(tgkill, 2, SIGABRT), WHEN(rt_sigaction, 0, SIGABRT),
	/* qsort() of glibc asks how much memory there is. */
	ALLOW(sysinfo),
	/* isatty(), by stdio. */
	REFUSE(ioctl, ENOTTY),
	/* Its flags lie in memory, where no filter sees them; libc then
	   falls back on clone. */
	REFUSE(clone3, ENOSYS),
	END
};

static const struct sandbox_rule memfd[] = {
	ALLOW(memfd_create), ALLOW(ftruncate),
	WHEN(fcntl, 1, F_GETFL), WHEN(fcntl, 1, F_SETFL),
	WHEN(fcntl, 1, F_GETFD), WHEN(fcntl, 1, F_SETFD),
	WHEN(fcntl, 1, F_ADD_SEALS), WHEN(fcntl, 1, F_GET_SEALS),
	WHEN(fcntl, 1, F_DUPFD_CLOEXEC),
	END
};

/* The scanner's own clock. */
static const struct sandbox_rule timers[] = {
	ALLOW(timer_create), ALLOW(timer_settime), ALLOW(timer_delete),
	ALLOW(setitimer), ALLOW(clock_getres),
	END
};

/* What the scanner may not have but its single-threaded parent needs. */
static const struct sandbox_rule forking[] = {
	WHEN(clone, 0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD),
	ALLOW(set_robust_list), ALLOW(rseq),
	ALLOW(wait4), ALLOW(waitid), ALLOW(kill),
	ALLOW(prlimit64), ALLOW(setrlimit), ALLOW(getrlimit),
	/* Into the stricter filter of the child. */
	WHEN(seccomp, 0, 1 /* SECCOMP_SET_MODE_FILTER */),
	WHEN(prctl, 0, PR_SET_NO_NEW_PRIVS), WHEN(prctl, 0, PR_SET_PDEATHSIG),
	WHEN(prctl, 0, PR_SET_NAME), WHEN(prctl, 0, PR_SET_DUMPABLE),
	ALLOW(getppid), ALLOW(socketpair), ALLOW(dup), ALLOW(dup2),
	ALLOW(dup3), ALLOW(pipe2),
	END
};

/* The end of a child. */
static const struct sandbox_rule burying[] = {
	ALLOW(wait4), WHEN(kill, 1, SIGKILL),
	END
};

/* Serving connections on sockets that were opened before. */
static const struct sandbox_rule serving[] = {
	ALLOW(accept), ALLOW(accept4), ALLOW(shutdown), ALLOW(getsockopt),
	ALLOW(setsockopt), ALLOW(getsockname), ALLOW(getpeername),
	ALLOW(rt_sigaction), ALLOW(signalfd4),
	ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
	ALLOW(uname),
	/* Reading limits, never setting them. */
	WHEN(prlimit64, 2, 0), ALLOW(getrlimit), ALLOW(getrusage),
	END
};

static const struct sandbox_rule threads[] = {
	MASKED(clone, 0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND |
		CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
		CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_VFORK,
		CLONE_THREAD | CLONE_VM | CLONE_SIGHAND),
	ALLOW(set_robust_list), ALLOW(rseq), ALLOW(sched_getaffinity),
	ALLOW(membarrier), ALLOW(rt_sigtimedwait), ALLOW(rt_sigpending),
	ALLOW(rt_sigsuspend), ALLOW(sigaltstack), WHEN(prctl, 0, PR_SET_NAME),
	/* pthread_kill, pthread_cancel. */
	ALLOW(tgkill),
	END
};

static const struct sandbox_rule events[] = {
	ALLOW(epoll_create1), ALLOW(epoll_create), ALLOW(epoll_ctl),
	ALLOW(epoll_wait), ALLOW(epoll_pwait), ALLOW(epoll_pwait2),
	ALLOW(eventfd2), ALLOW(timerfd_create), ALLOW(timerfd_settime),
	ALLOW(select), ALLOW(pselect6), ALLOW(pipe2), ALLOW(socketpair),
	ALLOW(dup), ALLOW(dup3), ALLOW(fcntl),
	END
};

static const struct sandbox_rule unix_client[] = {
	WHEN(socket, 0, AF_UNIX), ALLOW(connect),
	END
};

static const struct sandbox_rule inet_client[] = {
	WHEN(socket, 0, AF_INET), WHEN(socket, 0, AF_INET6), ALLOW(connect),
	ALLOW(bind), ALLOW(sendmmsg), ALLOW(recvmmsg),
	END
};

/* glibc asks the kernel which addresses we have, and does without. */
static const struct sandbox_rule names[] = {
	{ .call = SCMP_SYS(socket), .error = EAFNOSUPPORT, .nargs = 1,
		.arg = { 0, SCMP_CMP_EQ, AF_NETLINK, 0 } },
	END
};

/* Which files, Landlock says. */
static const struct sandbox_rule files[] = {
	ALLOW(open), ALLOW(openat), ALLOW(access), ALLOW(faccessat),
	ALLOW(faccessat2), ALLOW(stat), ALLOW(lstat), ALLOW(newfstatat),
	ALLOW(statx), ALLOW(statfs), ALLOW(fstatfs), ALLOW(getdents64),
	ALLOW(readlink), ALLOW(readlinkat), ALLOW(getcwd), ALLOW(umask),
	ALLOW(pread64), ALLOW(preadv), ALLOW(fcntl), ALLOW(fadvise64),
	ALLOW(dup), ALLOW(dup3), ALLOW(inotify_init1),
	ALLOW(inotify_add_watch), ALLOW(inotify_rm_watch),
	END
};

static const struct sandbox_rule file_changes[] = {
	ALLOW(rename), ALLOW(renameat), ALLOW(renameat2), ALLOW(link),
	ALLOW(linkat), ALLOW(unlink), ALLOW(unlinkat), ALLOW(mkdir),
	ALLOW(mkdirat), ALLOW(rmdir), ALLOW(fsync), ALLOW(fdatasync),
	ALLOW(ftruncate), ALLOW(truncate), ALLOW(fallocate), ALLOW(pwrite64),
	ALLOW(pwritev), ALLOW(flock), ALLOW(chmod), ALLOW(fchmod),
	ALLOW(fchmodat), ALLOW(utimensat), ALLOW(copy_file_range),
	ALLOW(sendfile),
	END
};

/* Reading what Landlock leaves, and locking what was read in memory. */
static const struct sandbox_rule keys[] = {
	MASKED(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
	MASKED(open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
	ALLOW(access), ALLOW(faccessat), ALLOW(faccessat2), ALLOW(newfstatat),
	ALLOW(getdents64), WHEN(fcntl, 1, F_GETFD), WHEN(fcntl, 1, F_SETFD),
	WHEN(fcntl, 1, F_GETFL), ALLOW(mlock), ALLOW(munlock),
	END
};

/* What somebody handed over, from its beginning. */
static const struct sandbox_rule reading[] = {
	ALLOW(pread64),
	END
};

/* libmilter asks who it is and opens sockets. */
static const struct sandbox_rule front_only[] = {
	ALLOW(listen), ALLOW(bind), ALLOW(alarm), ALLOW(getppid),
	END
};

/* The sanitizers' runtime; never in a release build. */
static const struct sandbox_rule sanitizer[] = {
#ifdef __SANITIZE_ADDRESS__
	ALLOW(sigaltstack), ALLOW(sched_yield), ALLOW(sched_getaffinity),
	ALLOW(getrlimit), WHEN(prlimit64, 2, 0), ALLOW(rt_sigaction),
	ALLOW(uname), ALLOW(getuid), ALLOW(geteuid), ALLOW(tgkill),
	ALLOW(mincore), ALLOW(pipe2), WHEN(prctl, 0, PR_GET_DUMPABLE),
#endif
	END
};

/*
 * A report opens /proc/self/maps: refused where it may not, so that the
 * report is still printed.
 */
static const struct sandbox_rule sanitizer_soft[] = {
#ifdef __SANITIZE_ADDRESS__
	REFUSE(open, EACCES), REFUSE(openat, EACCES),
	REFUSE(readlink, EACCES), REFUSE(stat, EACCES),
#endif
	END
};

static const struct sandbox_rule *const profiles[][SANDBOX_GROUPS_MAX] = {
	[SANDBOX_FRONT] = { basic, memfd, timers, serving, threads, events,
		unix_client, inet_client, files, file_changes, front_only,
		sanitizer },
	[SANDBOX_ZYGOTE] = { basic, memfd, timers, forking, serving,
		sanitizer, sanitizer_soft },
	[SANDBOX_SCANNER] = { basic, memfd, timers, sanitizer,
		sanitizer_soft },
	[SANDBOX_BROKER] = { basic, memfd, serving, threads, events,
		unix_client, inet_client, files, sanitizer },
	[SANDBOX_RECORDER] = { basic, memfd, serving, events, unix_client,
		files, file_changes, sanitizer },
	[SANDBOX_ARCHIVER] = { basic, serving, events, unix_client,
		inet_client, names, files, file_changes, sanitizer },
	[SANDBOX_LOGREADER] = { basic, serving, events, unix_client,
		inet_client, names, files, sanitizer },
	[SANDBOX_LEARNER] = { basic, serving, events, unix_client,
		inet_client, names, files, file_changes, burying, sanitizer },
	[SANDBOX_INJECTOR] = { basic, serving, events, unix_client,
		inet_client, files, file_changes, sanitizer },
	[SANDBOX_SIGNER] = { basic, serving, keys, sanitizer },
	[SANDBOX_DELAY] = { basic, serving, events, files, file_changes,
		sanitizer },
	[SANDBOX_WEB] = { basic, memfd, forking, serving, events,
		unix_client, inet_client, files, sanitizer },
	[SANDBOX_WEB_WORKER] = { basic, memfd, serving, events, unix_client,
		inet_client, files, sanitizer },
	[SANDBOX_WEB_ALONE] = { basic, memfd, serving, events, unix_client,
		files, sanitizer },
	[SANDBOX_LOGIN] = { basic, serving, events, unix_client,
		inet_client, files, file_changes, sanitizer },
	[SANDBOX_WATCH] = { basic, serving, events, unix_client,
		inet_client, names, files, file_changes, sanitizer },
	[SANDBOX_DIRECTORY] = { basic, serving, events, unix_client,
		inet_client, names, files, sanitizer },
	[SANDBOX_VIEWER] = { basic, memfd, serving, reading, sanitizer,
		sanitizer_soft },
};

const struct sandbox_rule *const *sandbox_profile_groups(
	enum sandbox_profile profile)
{
	return profiles[profile];
}
