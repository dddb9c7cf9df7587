/*
 * nullmilter - accepts everything: what libmilter itself costs.
 *
 *   nullmilter [-a] [-n] [-H] SOCKET
 *
 * -a  also gathers the whole message in memory (what any content filter must
 *     do) and adds one header; -n  asks for the no-reply protocol options;
 * -H  asks for no reply for headers only.
 */
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool gather, noreply, noreply_hdr;

struct msg {
	char *p;
	size_t len, cap;
};

static void put(struct msg *m, const void *p, size_t n)
{
	size_t cap;
	char *q;

	if (!m)
		return;
	if (m->len + n > m->cap) {
		cap = m->cap ? m->cap : 8192;
		while (cap < m->len + n)
			cap *= 2;
		q = realloc(m->p, cap);
		if (!q)
			return;
		m->p = q;
		m->cap = cap;
	}
	memcpy(m->p + m->len, p, n);
	m->len += n;
}

static sfsistat negotiate(SMFICTX *c, unsigned long a, unsigned long p,
	unsigned long x, unsigned long y, unsigned long *pa,
	unsigned long *pp, unsigned long *px, unsigned long *py)
{
	(void)c, (void)x, (void)y;
	*pa = a & SMFIF_ADDHDRS;
	*pp = SMFIP_NOUNKNOWN;
	if (noreply)
		*pp |= SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
			SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_HDR |
			SMFIP_NR_EOH | SMFIP_NR_BODY;
	if (noreply_hdr)
		*pp |= SMFIP_NR_HDR;
	*pp &= p;
	*px = *py = 0;
	return SMFIS_CONTINUE;
}

static sfsistat go_on(void)
{
	return noreply ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *c, char *host, _SOCK_ADDR *a)
{
	(void)host, (void)a;
	if (gather)
		smfi_setpriv(c, calloc(1, sizeof(struct msg)));
	return go_on();
}

static sfsistat on_helo(SMFICTX *c, char *name)
{
	(void)c, (void)name;
	return go_on();
}

static sfsistat on_mail(SMFICTX *c, char **args)
{
	struct msg *m = smfi_getpriv(c);

	(void)args;
	if (m)
		m->len = 0;
	return go_on();
}

static sfsistat on_rcpt(SMFICTX *c, char **args)
{
	(void)c, (void)args;
	return go_on();
}

static sfsistat on_data(SMFICTX *c)
{
	(void)c;
	return go_on();
}

static sfsistat on_header(SMFICTX *c, char *name, char *value)
{
	struct msg *m = smfi_getpriv(c);

	put(m, name, strlen(name));
	put(m, ": ", 2);
	put(m, value, strlen(value));
	put(m, "\r\n", 2);
	return noreply_hdr ? SMFIS_NOREPLY : go_on();
}

static sfsistat on_eoh(SMFICTX *c)
{
	put(smfi_getpriv(c), "\r\n", 2);
	return go_on();
}

static sfsistat on_body(SMFICTX *c, unsigned char *p, size_t n)
{
	put(smfi_getpriv(c), p, n);
	return go_on();
}

static sfsistat on_eom(SMFICTX *c)
{
	struct msg *m = smfi_getpriv(c);
	char v[32];

	if (m) {
		snprintf(v, sizeof v, "%zu", m->len);
		smfi_addheader(c, "X-Null", v);
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *c)
{
	struct msg *m = smfi_getpriv(c);

	if (m) {
		free(m->p);
		free(m);
		smfi_setpriv(c, NULL);
	}
	return SMFIS_CONTINUE;
}

static int usage(void)
{
	fputs("usage: nullmilter [-a] [-n] [-H] SOCKET\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct smfiDesc d = {
		.xxfi_name = "null", .xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS, .xxfi_connect = on_connect,
		.xxfi_helo = on_helo, .xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt, .xxfi_data = on_data,
		.xxfi_header = on_header, .xxfi_eoh = on_eoh,
		.xxfi_body = on_body, .xxfi_eom = on_eom,
		.xxfi_close = on_close, .xxfi_negotiate = negotiate
	};
	int o;

	while ((o = getopt(argc, argv, "anH")) != -1) {
		switch (o) {
		case 'a': gather = true; break;
		case 'n': noreply = true; break;
		case 'H': noreply_hdr = true; break;
		default: return usage();
		}
	}
	if (optind + 1 != argc)
		return usage();
	if (smfi_setconn(argv[optind]) != MI_SUCCESS ||
			smfi_register(d) != MI_SUCCESS)
		return 1;
	smfi_setbacklog(BACKLOG);
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
