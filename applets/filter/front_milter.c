#include "front_milter.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "kick.h"
#include "outcome.h"
#include "owner.h"
#include "policy_source.h"
#include "session.h"
#include "tags.h"

/*
 * No answer where policy has none to give: an answer for each header costs
 * the MTA and us a millisecond. Never for CONNECT and MAIL, or Postfix shows
 * nothing before DATA. A callback of such a step returns SMFIS_NOREPLY on
 * every path: anything else hangs the client (tests/milter/noreply.t).
 */
#define PROTOCOL_ALWAYS (SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | \
	SMFIP_NR_HELO | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | \
	SMFIP_NR_BODY)
/* What libmilter cannot do for an MTA that does not know it. */
#define PROTOCOL_OF_MTA ((unsigned long)(SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC))

#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | \
	SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGFROM)

enum {
	BACKLOG = 512, STOP_MS = 20, IP_TEXT_MAX = INET6_ADDRSTRLEN,
	ADDRESS_SIZE = 2048,	/* with brackets and NUL */
	BODY_CHUNK = 1 << 20,
};

static int add_header(void *to, const char *name, const char *value)
{
	return smfi_addheader(to, (char *)(uintptr_t)name,
		(char *)(uintptr_t)value) == MI_SUCCESS ? 0 : -1;
}

static int put_header(void *to, const char *name, const char *value)
{
	return smfi_insheader(to, 0, (char *)(uintptr_t)name,
		(char *)(uintptr_t)value) == MI_SUCCESS ? 0 : -1;
}

static int change_header(void *to, const char *name, unsigned nth,
	const char *value)
{
	return smfi_chgheader(to, (char *)(uintptr_t)name, (int)nth,
		(char *)(uintptr_t)value) == MI_SUCCESS ? 0 : -1;
}

/* "<ADDRESS>"; false: it is too long. */
static bool bracket(const char *address, char out[ADDRESS_SIZE])
{
	return snprintf(out, ADDRESS_SIZE, "<%s>", address) < ADDRESS_SIZE;
}

static int delete_rcpt(void *to, const char *address)
{
	char text[ADDRESS_SIZE];

	return bracket(address, text) &&
		smfi_delrcpt(to, text) == MI_SUCCESS ? 0 : -1;
}

static int add_rcpt(void *to, const char *address)
{
	char text[ADDRESS_SIZE];

	return bracket(address, text) &&
		smfi_addrcpt(to, text) == MI_SUCCESS ? 0 : -1;
}

static int change_from(void *to, const char *address)
{
	char text[ADDRESS_SIZE];

	return bracket(address, text) &&
		smfi_chgfrom(to, text, NULL) == MI_SUCCESS ? 0 : -1;
}

/* libmilter sends it in chunks, whose lengths it wants as an int. */
static int replace_body(void *to, struct span body)
{
	do {
		struct span chunk = span_sub(body, 0, BODY_CHUNK);

		if (smfi_replacebody(to, (unsigned char *)(uintptr_t)chunk.p,
		    (int)chunk.n) != MI_SUCCESS)
			return -1;
		body = span_after(body, chunk.n);
	} while (body.n);
	return 0;
}

/* A '%' is said twice: the MTA reads the text like a format. */
static int set_reply(void *to, const char *code, const char *enhanced,
	const char *text)
{
	char twice[1024];
	size_t n = 0;

	for (; *text && n < sizeof(twice) - 2; text++) {
		twice[n++] = *text;
		if (*text == '%')
			twice[n++] = '%';
	}
	twice[n] = 0;
	return smfi_setreply(to, (char *)(uintptr_t)code,
		(char *)(uintptr_t)enhanced, twice) == MI_SUCCESS ? 0 : -1;
}

static struct milter_ops ops_of(SMFICTX *ctx)
{
	return (struct milter_ops){ ctx, add_header, put_header,
		change_header, delete_rcpt, add_rcpt, change_from,
		replace_body, set_reply };
}

static sfsistat status_of(enum reply_kind kind, sfsistat accept)
{
	switch (kind) {
	case REPLY_ACCEPT: return accept;
	case REPLY_DISCARD: return SMFIS_DISCARD;
	case REPLY_REJECT: return SMFIS_REJECT;
	case REPLY_TEMPFAIL: return SMFIS_TEMPFAIL;
	}
	return SMFIS_TEMPFAIL;
}

/* Made at negotiation, or here when an MTA left a step out. */
static struct session *session_of(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL) {
		s = session_new();
		smfi_setpriv(ctx, s);
	}
	return s;
}

static sfsistat stage(SMFICTX *ctx, enum engine_stage which)
{
	const struct milter_ops ops = ops_of(ctx);

	return status_of(outcome_stage(session_of(ctx), which, &ops),
		SMFIS_CONTINUE);
}

/* For this connection: a policy with other rules counts at the next one. */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions,
	unsigned long protocol, unsigned long f2, unsigned long f3,
	unsigned long *actions_r, unsigned long *protocol_r,
	unsigned long *f2_r, unsigned long *f3_r)
{
	struct session *s = session_of(ctx);

	(void)f2;
	(void)f3;
	s->can.add_header = actions & SMFIF_ADDHDRS;
	s->can.change_header = actions & SMFIF_CHGHDRS;
	s->can.delete_rcpt = actions & SMFIF_DELRCPT;
	s->can.add_rcpt = actions & SMFIF_ADDRCPT;
	s->can.change_body = actions & SMFIF_CHGBODY;
	s->can.change_from = actions & SMFIF_CHGFROM;
	s->leading_space = protocol & SMFIP_HDR_LEADSPC;
	s->no_reply_rcpt = !policy_source_has_rules(STAGE_RCPT);
	*actions_r = actions & ACTIONS;
	*protocol_r = PROTOCOL_ALWAYS & (protocol | ~PROTOCOL_OF_MTA);
	if (s->no_reply_rcpt)
		*protocol_r |= SMFIP_NR_RCPT;
	*f2_r = *f3_r = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;
	char text[IP_TEXT_MAX] = "";
	uint16_t port = 0;

	if (a && a->sa_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		port = ntohs(in->sin_port);
	} else if (a && a->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		port = ntohs(in6->sin6_port);
	}
	session_connect(session_of(ctx), host, text, port,
		smfi_getsymval(ctx, "j"));
	return stage(ctx, STAGE_CONNECT);
}

static sfsistat on_helo(SMFICTX *ctx, char *helo)
{
	session_helo(session_of(ctx), helo);
	return SMFIS_NOREPLY;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	session_mail(session_of(ctx), argv,
		smfi_getsymval(ctx, "{auth_authen}"),
		smfi_getsymval(ctx, "{tls_version}"),
		smfi_getsymval(ctx, "{cipher}"));
	return stage(ctx, STAGE_MAIL);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);

	session_rcpt(s, argv);
	tags_look(s);
	return s->no_reply_rcpt ? SMFIS_NOREPLY : stage(ctx, STAGE_RCPT);
}

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	session_header(session_of(ctx), name, value);
	return SMFIS_NOREPLY;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	session_end_header(session_of(ctx));
	return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	session_body(session_of(ctx), p, n);
	return SMFIS_NOREPLY;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	const struct milter_ops ops = ops_of(ctx);

	session_queue_id(s, smfi_getsymval(ctx, "i"));
	return status_of(outcome_message(s, &ops), SMFIS_ACCEPT);
}

/* Never waits: the transaction is forgotten, nothing else. */
static sfsistat on_abort(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s)
		session_reset(s);
	return SMFIS_CONTINUE;
}

/* A kick has no session. libmilter may hold its lock here. */
static sfsistat on_close(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	session_free(&s);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

/* libmilter's spelling: "inet:PORT@ADDRESS", "inet6:PORT@ADDRESS". */
static void spell(const char *where, char *out, size_t size)
{
	struct span s = span_of(where), host;
	size_t colon = span_rchr(s, ':');

	if (strncmp(where, "inet:", 5) != 0 || colon <= 5) {
		snprintf(out, size, "%s", where);
		return;
	}
	host = span_sub(s, 5, colon - 5);
	if (host.n > 1 && host.p[0] == '[')
		host = span_sub(host, 1, host.n - 2);
	snprintf(out, size, "%s:%s@%.*s",
		span_chr(host, ':') != SIZE_MAX ? "inet6" : "inet",
		where + colon + 1, SPAN_FMT(host));
}

/* libmilter would take the path away from a front that serves it. */
static int check_alone(const char *where, struct err *e)
{
	struct err nobody;
	int fd = -1;

	if (strncmp(where, "unix:", 5) == 0)
		fd = io_connect_unix(where + 5, SOCK_STREAM, &nobody);
	if (fd < 0)
		return 0;
	close(fd);
	return err_set(e, ERR_TEMPORARY, "filter.listen: %s: another process "
		"serves it; stop that one first", where);
}

int front_milter_open(const char *where, const char *user, struct err *e)
{
	struct smfiDesc d = {
		.xxfi_name = "pm", .xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS,
		.xxfi_negotiate = on_negotiate, .xxfi_connect = on_connect,
		.xxfi_helo = on_helo, .xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt, .xxfi_data = on_data,
		.xxfi_header = on_header, .xxfi_eoh = on_eoh,
		.xxfi_body = on_body, .xxfi_eom = on_eom,
		.xxfi_abort = on_abort, .xxfi_close = on_close,
	};
	char conn[256];

	spell(where, conn, sizeof(conn));
	if (kick_start(where, e) < 0 || check_alone(where, e) < 0)
		return -1;
	smfi_setbacklog(BACKLOG);
	if (smfi_register(d) != MI_SUCCESS ||
	    smfi_setconn(conn) != MI_SUCCESS ||
	    smfi_opensocket(1) != MI_SUCCESS)
		return err_set(e, ERR_TEMPORARY, "filter.listen: %s: cannot "
			"listen; is another milter there?", where);
	if (strncmp(where, "unix:", 5) != 0)
		return 0;
	return owner_give(where + 5, user, "postfix", e);
}

int front_milter_serve(void)
{
	return smfi_main() == MI_SUCCESS ? 0 : -1;
}

static void *stop(void *unused)
{
	(void)unused;
	smfi_stop();
	return NULL;
}

/*
 * smfi_stop says "stop" and then waits for the lock that libmilter's listener
 * holds while it sleeps, up to five seconds: so it gets a thread of its own,
 * and a kick ends that sleep.
 */
void front_milter_stop(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, stop, NULL) == 0)
		pthread_detach(thread);
	clock_sleep_ms(STOP_MS);
	kick();
}
