/*
 * Suites of the conformance corpus: unpacked, their files, and what a Python
 * script of tests/lib makes of them: lines of words, most of them hexadecimal.
 */
#ifndef SUITE_TEST_H
#define SUITE_TEST_H

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mail/decode.h"
#include "mail_test.h"

#define PYTHON "/usr/bin/python3"
#define PYTHON_YAML "/usr/lib/python3/dist-packages/yaml"

/* The output of a Python script for a file. */
static inline struct span suite_convert(struct arena *a, const char *script,
	const char *file)
{
	char *argv[] = { "python3", (char *)(uintptr_t)script,
		(char *)(uintptr_t)file, NULL };
	char *env[] = { "PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1",
		NULL };
	struct buf b = { .arena = a };
	posix_spawn_file_actions_t actions;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], 1);
	posix_spawn_file_actions_addclose(&actions, fd[0]);
	assert_int_equal(posix_spawn(&pid, PYTHON, &actions, NULL, argv, env),
		0);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	while ((n = read(fd[0], buf_room(&b, 65536), 65536)) > 0)
		b.n += (size_t)n;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s failed on %s", script, file);
	return buf_bytes(&b);
}

/* build/corpus has that folder of the conformance corpus, which has the file.
 * False: there is no corpus. */
static inline bool suite_unpack(const char *folder, const char *file)
{
	const char *from = getenv("PM_CORPUS");
	char archive[4096], path[4096];
	char *argv[] = { "tar", "-xf", archive, "-C", "build/corpus",
		(char *)(uintptr_t)folder, NULL };
	char *env[] = { "PATH=/usr/bin:/bin", NULL };
	pid_t pid;
	int status;

	snprintf(path, sizeof(path), "build/corpus/%s/%s", folder, file);
	if (access(path, R_OK) == 0)
		return true;
	snprintf(archive, sizeof(archive), "%s/conf-dev.tar.xz",
		from ? from : "../shared/corpus");
	if (access(archive, R_OK) != 0)
		return false;
	mkdir("build/corpus", 0755);
	if (posix_spawn(&pid, "/usr/bin/tar", NULL, NULL, argv, env) != 0)
		return false;
	return waitpid(pid, &status, 0) == pid && status == 0 &&
		access(path, R_OK) == 0;
}

/* A file below build/corpus. */
static inline struct span suite_file(struct arena *a, const char *file)
{
	char *path = arena_printf(a, "build/corpus/%s", file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = { .arena = a };
	ssize_t n;

	if (fd < 0)
		fail_msg("%s is not in the corpus", path);
	while ((n = read(fd, buf_room(&b, 65536), 65536)) > 0)
		b.n += (size_t)n;
	close(fd);
	return buf_bytes(&b);
}

/* The next word of a line; "" when there is none. */
static inline struct span suite_word(struct span *line)
{
	struct span word = { 0 };

	span_cut(line, ' ', &word);
	return word;
}

/* The next word, which is hexadecimal, "-" when it is empty. */
static inline struct span suite_field(struct arena *a, struct span *line)
{
	struct span word = suite_word(line);
	struct buf b = { .arena = a };

	for (size_t i = 0; i + 1 < word.n; i += 2)
		buf_byte(&b, (unsigned char)(decode_hex(word.p[i]) << 4 |
			decode_hex(word.p[i + 1])));
	return buf_bytes(&b);
}

#endif
