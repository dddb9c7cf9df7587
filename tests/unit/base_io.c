#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static int enter_folder(void **state)
{
	static char path[] = "/tmp/pm-io-XXXXXX";

	*state = mkdtemp(path);
	return *state ? chdir(path) : -1;
}

static int leave_folder(void **state)
{
	static const char *const files[] = { "a/b/c", "a/b", "a", "file",
		"file.new", "sock" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		remove(files[i]);
	return chdir("/") < 0 ? -1 : rmdir(*state);
}

static void test_files(void **state)
{
	struct buf b = { 0 };
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(io_replace_file("file", 0640, SPAN("one\0two"), &e),
		0);
	assert_int_equal(io_replace_file("file", 0600, SPAN("three"), &e), 0);
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("file.new", &st), -1);
	/* A link that somebody else left leads nowhere. */
	assert_int_equal(symlink("elsewhere", "file.new"), 0);
	assert_int_equal(io_replace_file("file", 0600, SPAN("three"), &e), 0);
	assert_int_equal(lstat("elsewhere", &st), -1);
	buf_string(&b, "before ");
	assert_int_equal(io_slurp("file", 5, &b, &e), 0);
	assert_string_equal(buf_c(&b), "before three");
	assert_int_equal(io_slurp("file", 4, &b, &e), -1);
	assert_string_equal(e.text, "file: larger than 4 bytes");
	assert_int_equal(io_slurp("nix", 4, &b, &e), -1);
	assert_string_equal(e.text,
		"nix: cannot open: No such file or directory");
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_int_equal(io_replace_file("no/file", 0600, SPAN("x"), &e), -1);
	buf_free(&b);
}

/* Around the size of one read. */
static void test_slurp_sizes(void **state)
{
	static unsigned char bytes[131073];
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072,
		131073 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf b = { 0 };

		assert_int_equal(io_replace_file("file", 0600,
			span_from(bytes, sizes[i]), NULL), 0);
		assert_int_equal(io_slurp("file", sizes[i], &b, NULL), 0);
		assert_int_equal(b.n, sizes[i]);
		buf_free(&b);
	}
}

static void test_folders(void **state)
{
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(io_mkdirs("a//b/c", 0700, &e), 0);
	assert_int_equal(io_mkdirs("a/b/c", 0700, &e), 0);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(io_replace_file("file", 0600, SPAN(""), &e), 0);
	/* A file where a folder should be is not "exists already". */
	assert_int_equal(io_mkdirs("file", 0700, &e), -1);
	assert_string_equal(e.text,
		"file: cannot make the folder: Not a directory");
	assert_int_equal(io_mkdirs("file/x", 0700, &e), -1);
	assert_int_equal(io_sync_dir("a"), 0);
	assert_int_equal(io_sync_dir("nix"), -1);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_descriptors(void **state)
{
	int pair[2], sent[IO_MAX_FDS], got[IO_MAX_FDS];
	size_t before, n = 99;
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (int i = 0; i < IO_MAX_FDS; i++)
		sent[i] = pair[0];
	before = open_descriptors();
	assert_int_equal(io_send(pair[0], SPAN("abc"), sent, 2), 0);
	assert_int_equal(io_recv(pair[1], text, sizeof(text), got, &n), 3);
	assert_int_equal(n, 2);
	assert_true(fcntl(got[1], F_GETFD) & FD_CLOEXEC);
	close(got[0]);
	close(got[1]);
	assert_int_equal(io_send(pair[0], SPAN("abc"), sent, IO_MAX_FDS), 0);
	assert_int_equal(io_recv(pair[1], text, sizeof(text), NULL, NULL), 3);
	assert_int_equal(open_descriptors(), before);
	/* Too long: refused, and its descriptors do not leak. */
	assert_int_equal(io_send(pair[0], SPAN("123456789"), sent, 3), 0);
	assert_int_equal(io_recv(pair[1], text, sizeof(text), got, &n), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(n, 0);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(io_send(pair[0], SPAN("x"), sent, IO_MAX_FDS + 1),
		-1);
	assert_int_equal(errno, EINVAL);
	close(pair[0]);
	n = 99;
	assert_int_equal(io_recv(pair[1], text, sizeof(text), got, &n), 0);
	assert_int_equal(n, 0);
	close(pair[1]);
}

static void test_sockets(void **state)
{
	char far[200] = { 0 };
	struct err e;
	int fd = io_listen_unix("sock", SOCK_SEQPACKET, 0600, &e), peer;
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(stat("sock", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	peer = io_connect_unix("sock", SOCK_SEQPACKET, &e);
	assert_true(peer >= 0);
	close(peer);
	close(fd);
	assert_int_equal(io_connect_unix("sock", SOCK_SEQPACKET, &e), -1);
	assert_string_equal(e.text,
		"sock: cannot connect: Connection refused");
	/* A stale socket is replaced. */
	fd = io_listen_unix("sock", SOCK_SEQPACKET, 0600, &e);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(far) - 1; i++)
		far[i] = 'x';
	assert_int_equal(io_listen_unix(far, SOCK_STREAM, 0600, &e), -1);
	assert_int_equal(io_connect_unix(far, SOCK_STREAM, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_slurp_sizes),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_sockets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
