/* Messages: .eml files taken apart as an MTA hands them to a milter. */
#include "milterload.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_FILES = 200000, MAX_DEPTH = 8 };

static struct message *msgs;
static size_t nmsgs, msgs_cap, too_big;
static size_t *order;

static char *dupn(const char *s, size_t n)
{
	char *p = must(malloc(n + 1));

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* The bounds of the first word with an @; false if there is none. */
static bool bare_address(const char *s, const char **b, const char **e)
{
	const char *at = strchr(s, '@');

	if (!at)
		return false;
	for (*b = at; *b > s && !isspace((unsigned char)(*b)[-1]) &&
			(*b)[-1] != ','; )
		--*b;
	for (*e = at; **e && !isspace((unsigned char)**e) && **e != ',' &&
			**e != ';'; )
		++*e;
	return true;
}

/* The address inside <>, else the first word with an @, in <>. */
static char *address_of(const char *s)
{
	const char *b = strrchr(s, '<'), *e = b ? strchr(b, '>') : NULL;
	char *r;

	if (e)
		b++;
	else if (!bare_address(s, &b, &e))
		return dupn("<>", 2);
	for (const char *q = b; q < e; q++)
		if (!isgraph((unsigned char)*q) || *q == '<' || *q == '>')
			return dupn("<>", 2);
	if (asprintf(&r, "<%.*s>", (int)(e - b), b) < 0)
		must(NULL);
	return r;
}

/* The end of the line at i: its LF, or n. */
static size_t line_end(const char *t, size_t i, size_t n)
{
	const char *eol = memchr(t + i, '\n', n - i);

	return eol ? (size_t)(eol - t) : n;
}

/* As line_end(), over the folded lines that follow. */
static size_t field_end(const char *t, size_t i, size_t n)
{
	size_t e = line_end(t, i, n);

	while (e + 1 < n && (t[e + 1] == ' ' || t[e + 1] == '\t'))
		e = line_end(t, e + 1, n);
	return e;
}

static void add_header(struct message *m, const char *name, size_t name_len,
	const char *value, size_t value_len)
{
	struct header *h;
	size_t o = 0;

	if (m->nh % 16 == 0)
		m->h = must(realloc(m->h, (size_t)(m->nh + 16) * sizeof *h));
	h = &m->h[m->nh++];
	h->name = dupn(name, name_len);
	h->value = must(malloc(value_len + 1));
	for (size_t j = 0; j < value_len; j++)
		if (value[j] != '\r' && value[j] != '\0')
			h->value[o++] = value[j];
	h->value[o] = '\0';
}

/* Takes the field t[i..e); false if it is none: the body starts there. */
static bool parse_field(struct message *m, const char *t, size_t i, size_t e)
{
	const char *colon = memchr(t + i, ':', e - i);
	size_t k = colon ? (size_t)(colon - t) : i;

	if (k == i)
		return false;
	for (size_t j = i; j < k; j++)
		if (t[j] <= ' ' || t[j] >= 127)
			return false;
	add_header(m, t + i, k - i, t + k + 1, e - k - 1);
	return true;
}

/* Takes the header; returns where the body begins. */
static size_t parse_header(struct message *m, const char *t, size_t n)
{
	size_t i = 0, e;

	/* the separator line of a mailbox file */
	if (n > 5 && memcmp(t, "From ", 5) == 0) {
		e = line_end(t, 0, n);
		i = e < n ? e + 1 : n;
	}
	while (i < n) {
		e = line_end(t, i, n);
		if (e == i || (e == i + 1 && t[i] == '\r'))
			return e < n ? e + 1 : n;
		e = field_end(t, i, n);
		if (!parse_field(m, t, i, e))
			return i;
		i = e < n ? e + 1 : n;
	}
	return n;
}

/* Copies the body, each line end made CRLF. */
static void parse_body(struct message *m, const char *t, size_t i, size_t n)
{
	size_t lf = 0;

	for (size_t j = i; j < n; j++)
		lf += t[j] == '\n';
	m->body = must(malloc(n - i + lf + 2));
	for (size_t j = i; j < n; j++) {
		if (t[j] == '\n' && (j == i || t[j - 1] != '\r'))
			m->body[m->body_len++] = '\r';
		m->body[m->body_len++] = t[j];
	}
}

static char *find_sender(const struct message *m)
{
	static const char *const fields[] = { "Return-Path", "From" };

	for (int f = 0; f < 2; f++)
		for (int k = 0; k < m->nh; k++)
			if (strcasecmp(m->h[k].name, fields[f]) == 0)
				return address_of(m->h[k].value);
	return dupn("<>", 2);
}

static struct message *new_message(void)
{
	if (nmsgs == msgs_cap) {
		msgs_cap = msgs_cap ? msgs_cap * 2 : 256;
		msgs = must(realloc(msgs, msgs_cap * sizeof *msgs));
	}
	memset(&msgs[nmsgs], 0, sizeof *msgs);
	return &msgs[nmsgs++];
}

static void load_file(const char *path, size_t size)
{
	struct message *m;
	FILE *f = fopen(path, "rb");
	char *t;
	size_t n;

	if (!f)
		return;
	t = must(malloc(size + 1));
	n = fread(t, 1, size, f);
	fclose(f);
	m = new_message();
	m->path = dupn(path, strlen(path));
	m->size = n;
	parse_body(m, t, parse_header(m, t, n), n);
	m->sender = find_sender(m);
	free(t);
}

static void load_path(const char *path, int depth);

static void load_folder(const char *path, int depth)
{
	struct dirent **e;
	int n = scandir(path, &e, NULL, alphasort);
	char *sub;

	for (int i = 0; i < n; i++) {
		if (e[i]->d_name[0] != '.') {
			if (asprintf(&sub, "%s/%s", path, e[i]->d_name) < 0)
				must(NULL);
			load_path(sub, depth + 1);
			free(sub);
		}
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static void load_path(const char *path, int depth)
{
	struct stat st;

	if (nmsgs >= MAX_FILES || depth > MAX_DEPTH || stat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		load_folder(path, depth);
	} else if (S_ISREG(st.st_mode) && st.st_size > 0) {
		if ((size_t)st.st_size > opt.max_size)
			too_big++;
		else
			load_file(path, (size_t)st.st_size);
	}
}

void messages_load(const char *path)
{
	load_path(path, 0);
}

void messages_load_list(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while ((n = getline(&line, &cap, f)) > 0) {
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (n > 0)
			load_path(line, 0);
	}
	free(line);
	if (f != stdin)
		fclose(f);
}

/* The seed is fixed: two runs compare the same order. */
static void shuffle(void)
{
	uint64_t seed = 12345;

	for (size_t i = nmsgs - 1; i > 0; i--) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		size_t j = (size_t)(seed >> 33) % (i + 1), x = order[i];
		order[i] = order[j];
		order[j] = x;
	}
}

size_t messages_ready(void)
{
	if (too_big && !opt.quiet)
		fprintf(stderr, "milterload: %zu files over %zu bytes are "
			"left out (-Z raises the limit)\n", too_big,
			opt.max_size);
	if (!nmsgs)
		die("no messages");
	order = must(malloc(nmsgs * sizeof *order));
	for (size_t i = 0; i < nmsgs; i++)
		order[i] = i;
	if (opt.shuffle)
		shuffle();
	return nmsgs;
}

const struct message *message_at(long serial)
{
	return &msgs[order[(size_t)serial % nmsgs]];
}
