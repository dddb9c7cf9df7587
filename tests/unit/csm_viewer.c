/*
 * `pm csm viewer` as the supervisor starts it ($PM), asked through
 * web/helper.h: what comes back of good, broken and hostile bodies, and that
 * no child ever sees the key.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/pack.h"
#include "crypto/keyfile.h"
#include "crypto/seal.h"
#include "mail/decode.h"
#include "web/helper.h"
#include "web/helper_wire.h"

static const char wiring[] = "return { name = \"demo\", "
	"site = \"example.org\", roles = { \"csm\" }, "
	"db = { connection = \"host=nowhere\" } }\n";

/* As root the viewer runs as nobody; we stay able to look into it. */
enum { NOBODY = 65534 };
static bool as_root;
static char root[] = "/tmp/pm-viewer-XXXXXX";
static struct seal_key *key;
static struct arena *a;
static pid_t viewer;
static const struct id id = { "019ab000-0000-7000-8000-000000000001" };

static void start_viewer(void)
{
	const char *pm = getenv("PM");
	struct stat st;

	viewer = fork();
	if (viewer == 0) {
		if (as_root && (seteuid(0) < 0 || setgid(NOBODY) < 0 ||
		    setuid(NOBODY) < 0))
			_exit(126);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(pm, "pm", "csm", "viewer", "--root", ".", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && stat("run/pm/csm/viewer.sock", &st); i++)
		clock_sleep_ms(10);
}

static int set_up(void **state)
{
	struct err e;

	(void)state;
	if (getenv("PM") == NULL || access(getenv("PM"), X_OK) < 0)
		return -1;
	a = arena_new("test", (size_t)1 << 30);
	as_root = geteuid() == 0;
	if (as_root && (setegid(NOBODY) < 0 || seteuid(NOBODY) < 0))
		return -1;
	if (mkdtemp(root) == NULL || chdir(root) < 0 ||
	    io_mkdirs("etc/pm", 0755, &e) < 0 ||
	    io_mkdirs("run/pm", 0755, &e) < 0 ||
	    io_replace_file("etc/pm/wiring.lua", 0644,
		span_from(wiring, sizeof(wiring) - 1), &e) < 0 ||
	    keyfile_make(SEAL_KEY_FILE, &e) < 0)
		return -1;
	key = seal_load(SEAL_KEY_FILE, &e);
	start_viewer();
	return key ? 0 : -1;
}

static int tear_down(void **state)
{
	char *argv[] = { "rm", "-rf", root, NULL };
	pid_t pid;

	(void)state;
	if (as_root && seteuid(0) < 0)
		return -1;
	kill(viewer, SIGTERM);
	waitpid(viewer, NULL, 0);
	pid = fork();
	if (pid == 0)
		execv("/bin/rm", argv);
	waitpid(pid, NULL, 0);
	return 0;
}

static struct span sealed_for(struct span packed, const struct id *about)
{
	struct buf sealed = { .arena = a };

	seal_close(key, span_of(about->text), packed, &sealed);
	return buf_bytes(&sealed);
}

static struct span sealed(struct span message)
{
	struct buf packed = { .arena = a };

	pack(message, &packed);
	return sealed_for(buf_bytes(&packed), &id);
}

static int ask(struct span s, struct preview *p, struct err *e)
{
	struct span pieces[2] = { span_sub(s, 0, s.n / 2),
		span_after(s, s.n / 2) };

	return helper_preview("csm", &id, pieces, 2, clock_ms() + 20000, a, p,
		e);
}

static struct preview shown(struct span message)
{
	struct preview p;
	struct err e;

	if (ask(sealed(message), &p, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static void expect(struct span got, const char *want)
{
	if (!span_is(got, want))
		fail_msg("expected \"%s\", got \"%.*s\"", want, SPAN_FMT(got));
}

static void refused(struct span s, const char *why)
{
	struct preview p;
	struct err e;

	assert_int_equal(ask(s, &p, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	expect(span_of(e.text), why);
}

static void a_plain_message(void **state)
{
	struct preview p = shown(SPAN("From: a@example.org\r\n"
		"Subject: \xe2\x80\xae" "evil\a\r\n\r\n"
		"Hi\tyou\r\nhttp://a.example/x\r\n"));

	(void)state;
	expect(p.headers, "From: a@example.org\n"
		"Subject: \\u{202e}evil\\x07\n\n");
	expect(p.text, "Hi you\nhttp://a.example/x\n");
	assert_false(p.was_html);
	assert_false(p.cut);
	assert_int_equal(p.nlinks, 1);
	expect(p.links[0], "http://a.example/x");
	assert_int_equal(p.nparts, 1);
	expect(p.parts[0].type, "text/plain");
}

static void pages_attachments_and_doubts(void **state)
{
	struct preview p = shown(SPAN("From: a\r\nFrom: b\r\n"
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
		"--x\r\nContent-Type: text/html\r\n\r\n"
		"<p>A &lt;b&gt;</p><script>no</script>"
		"<a href='javascript:x()'>l</a>\r\n"
		"--x\r\nContent-Type: text/plain; name=\"a\x1b[2Jb.exe\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nTVqQAA==\r\n"
		"--x--\r\n"));

	(void)state;
	assert_true(p.was_html);
	expect(p.text, "A <b>\n\nl\n");
	assert_int_equal(p.nlinks, 1);
	expect(p.links[0], "javascript:x()");
	assert_int_equal(p.nparts, 2);
	expect(p.parts[1].name, "a\\x1b[2Jb.exe");
	assert_true(p.parts[1].attachment);
	expect(p.parts[1].true_type, "exe");
	assert_int_equal(p.parts[1].size, 4);
	assert_true(p.nnotes >= 1);
	expect(p.notes[0], "It has more than one From field.");
}

/* Files in a text are listed, charsets read inside the sandbox. */
static void files_in_texts_and_charsets(void **state)
{
	struct preview p = shown(SPAN("From: a\r\n"
		"Content-Type: text/plain; charset=koi8-r\r\n\r\n"
		"\xf0\xd2\xc9\r\nbegin 644 a.exe\r\n$35J0````\r\nend\r\n"));

	(void)state;
	expect(p.text, "При\n");
	assert_int_equal(p.nparts, 2);
	expect(p.parts[1].name, "a.exe");
	assert_true(p.parts[1].attachment);
	expect(p.parts[1].true_type, "exe");
	assert_int_equal(p.nnotes, 0);
	p = shown(SPAN("From: a\r\n"
		"Content-Type: text/plain; charset=utf-7\r\n\r\n"
		"http://+AGE-.example/ \r\n"));
	expect(p.text, "http://a.example/ \n");
	assert_int_equal(p.nnotes, 1);
	expect(p.notes[0], "A text is not in the charset that it says: mail "
		"programs may differ in what they show.");
}

static void no_byte_gets_through_unshown(void **state)
{
	struct buf b = { .arena = a };
	struct preview p;

	(void)state;
	buf_string(&b, "Subject: ");
	for (unsigned i = 0; i < 256; i++)
		buf_byte(&b, (unsigned char)i);
	buf_string(&b, "\r\n\r\n");
	for (unsigned i = 0; i < 65536; i++)
		buf_byte(&b, (unsigned char)(i * 40503u >> 8));
	p = shown(buf_bytes(&b));
	assert_true(p.text.n > 1000);
	p = shown(SPAN(""));
	assert_int_equal(p.text.n, 0);
}

static void long_texts_are_cut(void **state)
{
	struct buf b = { .arena = a };
	struct preview p;

	(void)state;
	buf_string(&b, "Subject: x\r\n\r\n");
	for (unsigned i = 0; i < 200000; i++)
		buf_string(&b, "\xc3\xa4\xc3\xa4 ");
	p = shown(buf_bytes(&b));
	assert_true(p.cut);
	assert_int_equal(p.text.n, 256 << 10);
}

static void the_source_is_the_message(void **state)
{
	struct buf b = { .arena = a };
	struct span s, source;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 3000000; i++)
		buf_byte(&b, (unsigned char)(i * 2654435761u >> 24));
	s = sealed(buf_bytes(&b));
	assert_int_equal(helper_source("csm", &id, &s, 1, clock_ms() + 20000,
		a, &source, &e), 0);
	assert_true(span_eq(source, buf_bytes(&b)));
}

static void what_does_not_open(void **state)
{
	static const struct id other = {
		"019ab000-0000-7000-8000-000000000002" };
	static const char closed[] = "the message cannot be opened: it was "
		"sealed with another key than etc/pm/body.key, or is damaged";
	struct buf packed = { .arena = a };
	struct span s = sealed(SPAN("Subject: x\r\n\r\n"));

	(void)state;
	pack(SPAN("x"), &packed);
	refused(sealed_for(buf_bytes(&packed), &other), closed);
	refused(span_sub(s, 0, s.n - 1), closed);
	refused(SPAN(""), closed);
	refused(sealed_for(SPAN("no zstd"), &id), "the message is damaged, or "
		"larger than 128 MiB unpacked");
}

/* 1 GB of nothing in some 30 KB. */
static void a_bomb_of_zstd(void **state)
{
	static unsigned char zeros[1 << 20], out[1 << 17];
	ZSTD_CStream *z = ZSTD_createCStream();
	ZSTD_outBuffer o = { out, sizeof(out), 0 };
	int64_t start = clock_ms();

	(void)state;
	ZSTD_initCStream(z, 19);
	for (int i = 0; i < 1024; i++) {
		ZSTD_inBuffer in = { zeros, sizeof(zeros), 0 };

		while (in.pos < in.size)
			ZSTD_compressStream(z, &o, &in);
	}
	assert_int_equal(ZSTD_endStream(z, &o), 0);
	ZSTD_freeCStream(z);
	refused(sealed_for(span_from(out, o.pos), &id), "the message is "
		"damaged, or larger than 128 MiB unpacked");
	assert_true(clock_ms() - start < 15000);
}

/* A thousand layers, ten thousand parts, a base64 that never ends. */
static void bombs_of_mime(void **state)
{
	struct buf deep = { .arena = a }, wide = { .arena = a };
	struct preview p;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&deep, "Content-Type: multipart/mixed; "
			"boundary=b%u\r\n\r\n--b%u\r\n", i, i);
	p = shown(buf_bytes(&deep));
	assert_true(p.nnotes > 0);
	buf_string(&wide, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&wide, "--b\r\nContent-Type: text/html\r\n\r\n"
			"<a href=http://h%u.example/>", i);
	p = shown(buf_bytes(&wide));
	assert_true(p.nparts <= 1000);
	assert_true(p.nlinks <= 1000);
	assert_true(p.nnotes > 0);
}

/* Does a file of /proc/PID hold these bytes? */
static bool holds(pid_t pid, const char *file, struct span what)
{
	char path[64];
	struct buf b = { .arena = a };

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return io_slurp(path, 1 << 20, &b, NULL) == 0 &&
		span_find(buf_bytes(&b), what) != SIZE_MAX;
}

/* Children of the viewer: the zygote, and while it reads, its children. */
static size_t children_of(pid_t pid, pid_t *out, size_t max)
{
	char path[64];
	struct buf b = { .arena = a };
	struct span rest, word;
	uint64_t n;
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
		(int)pid);
	if (io_slurp(path, 4096, &b, NULL) < 0)
		return 0;
	rest = buf_bytes(&b);
	while (count < max && span_cut(&rest, ' ', &word))
		if (span_u64(word, INT32_MAX, &n))
			out[count++] = (pid_t)n;
	return count;
}

static size_t open_files(pid_t pid)
{
	char path[64];
	struct dirent *f;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	assert_non_null(d);
	while ((f = readdir(d)))
		n += f->d_name[0] != '.';
	closedir(d);
	return n;
}

/* One mapping "FROM-TO rw-p …" of a memory: are the bytes in it? */
static bool mapping_holds(int mem, struct span line, struct span what)
{
	char text[128], *end;
	uint64_t from, to;
	unsigned char *p;
	bool found = false;

	snprintf(text, sizeof(text), "%.*s", SPAN_FMT(line));
	from = strtoull(text, &end, 16);
	to = strtoull(end + 1, &end, 16);
	if (end[1] != 'r' || to - from > 64 << 20)
		return false;
	p = malloc(to - from);
	if (pread(mem, p, to - from, (off_t)from) > 0)
		found = span_find(span_from(p, to - from), what) != SIZE_MAX;
	free(p);
	return found;
}

static bool memory_holds(pid_t pid, struct span what)
{
	char path[64];
	struct buf maps = { .arena = a };
	struct span rest, line;
	bool found = false;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	assert_int_equal(io_slurp(path, 1 << 20, &maps, NULL), 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY);
	assert_true(mem >= 0);
	rest = buf_bytes(&maps);
	while (span_line(&rest, &line))
		found = mapping_holds(mem, line, what) || found;
	close(mem);
	return found;
}

/* The key as it lies in memory: derived from the file's (crypto/seal.c). */
static void read_key(unsigned char out[32])
{
	unsigned char master[32];
	struct buf hex = { .arena = a };

	assert_int_equal(io_slurp(SEAL_KEY_FILE, 256, &hex, NULL), 0);
	assert_true(hex.n >= 64);
	for (size_t i = 0; i < 32; i++)
		master[i] = (unsigned char)(decode_hex(hex.p[2 * i]) << 4 |
			decode_hex(hex.p[2 * i + 1]));
	crypto_kdf_derive_from_key(out, 32, 1, "pm-body_", master);
}

/*
 * The zygote that forks every child is confined, has its socket and its log
 * and nothing else; the key is in its parent's memory and not in its own.
 */
static void the_zygote_is_bare(void **state)
{
	unsigned char raw[32];
	pid_t zygote = 0;

	(void)state;
	assert_int_equal(children_of(viewer, &zygote, 1), 1);
	assert_true(holds(zygote, "status", SPAN("Seccomp:\t2")));
	assert_true(holds(zygote, "status", SPAN("NoNewPrivs:\t1")));
	if (!as_root)
		return; /* the rest only root may see */
	read_key(raw);
	assert_int_equal(seteuid(0), 0);
	assert_false(holds(zygote, "environ", SPAN("PM_STATUS_FD")));
	assert_int_equal(open_files(zygote), 2);
	assert_true(memory_holds(viewer, span_from(raw, 8)));
	assert_false(memory_holds(zygote, span_from(raw, 8)));
	assert_int_equal(seteuid(NOBODY), 0);
}

static void nonsense_is_no_request(void **state)
{
	struct err e;
	struct preview p;
	char byte;
	int fd = io_connect_unix("run/pm/csm/viewer.sock", SOCK_SEQPACKET, &e);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(io_send(fd, SPAN("nonsense"), NULL, 0), 0);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	p = shown(SPAN("Subject: still there\r\n\r\nx\r\n"));
	expect(p.text, "x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message),
		cmocka_unit_test(pages_attachments_and_doubts),
		cmocka_unit_test(files_in_texts_and_charsets),
		cmocka_unit_test(no_byte_gets_through_unshown),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(the_source_is_the_message),
		cmocka_unit_test(what_does_not_open),
		cmocka_unit_test(a_bomb_of_zstd),
		cmocka_unit_test(bombs_of_mime),
		cmocka_unit_test(the_zygote_is_bare),
		cmocka_unit_test(nonsense_is_no_request),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
