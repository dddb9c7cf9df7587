#include "config.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/netaddr.h"

/* From the queue, Postfix's working folder, back to the root: no folder
   above the root is on the way. */
#define UP "../../../../../"

struct make {
	struct config *c;
	struct arena *a;
	const struct wiring *w;
	const char *cwd, *exe;
};

static void set(struct make *m, const char *name, const char *value,
	const char *why)
{
	if (m->c->nsettings < CONFIG_SETTINGS_MAX)
		m->c->settings[m->c->nsettings++] = (struct config_setting){
			name, value, why };
}

/* Postfix writes IPv6 networks as [2001:db8::]/32. */
static void add_network(struct buf *b, struct span network)
{
	size_t slash = span_rchr(network, '/');

	if (b->n)
		buf_byte(b, ' ');
	if (span_chr(network, ':') == SIZE_MAX) {
		buf_span(b, network);
		return;
	}
	buf_byte(b, '[');
	buf_span(b, span_sub(network, 0, slash));
	buf_byte(b, ']');
	if (slash != SIZE_MAX)
		buf_span(b, span_after(network, slash));
}

static const char *networks(struct make *m)
{
	struct buf b = { .arena = m->a };

	for (size_t i = 0; i < m->w->nnetworks; i++)
		add_network(&b, span_of(m->w->networks[i]));
	return b.n ? buf_c(&b) : "";
}

static const char *joined(struct make *m, const char **v, size_t n)
{
	struct buf b = { .arena = m->a };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", v[i]);
	return b.n ? buf_c(&b) : "";
}

/* "[mail.example.org]:25": this host, not its MX. */
static const char *relay_host(struct make *m)
{
	struct span host;
	uint16_t port;

	if (m->w->mta.relay_host == NULL ||
	    !netaddr_split_port(span_of(m->w->mta.relay_host), &host, &port))
		return "";
	return arena_printf(m->a, "[%.*s]:%u", SPAN_FMT(host), port);
}

/* The filter's first listener as Postfix names it; empty without one. */
static const char *milters(struct make *m)
{
	const struct wiring *w = m->w;
	struct span where, host;
	uint16_t port;

	if (!wiring_has_role(w, "filter") || w->filter.nlisten == 0)
		return "";
	where = span_of(w->filter.listen[0]);
	if (span_starts(where, SPAN("unix:")))
		return arena_printf(m->a, "unix:" UP "%.*s",
			SPAN_FMT(span_after(where, 5)));
	where = span_after(where, sizeof("inet:") - 1);
	if (!netaddr_split_port(where, &host, &port))
		return "";
	return arena_printf(m->a, "inet:%.*s:%u", SPAN_FMT(host), port);
}

static void set_places(struct make *m)
{
	set(m, "compatibility_level", "3.6", NULL);
	set(m, "config_directory", arena_printf(m->a, "%s/" MTA_ETC, m->cwd),
		NULL);
	set(m, "queue_directory", arena_printf(m->a, "%s/" MTA_QUEUE, m->cwd),
		"An instance of its own, apart from the host's.");
	set(m, "data_directory", arena_printf(m->a, "%s/" MTA_DATA, m->cwd),
		NULL);
	set(m, "daemon_directory", "/usr/lib/postfix/sbin", NULL);
	set(m, "command_directory", "/usr/sbin", NULL);
	set(m, "mail_owner", "postfix", NULL);
	set(m, "setgid_group", "postdrop", NULL);
	set(m, "maillog_file", arena_printf(m->a, "%s/" MTA_LOG, m->cwd),
		"The log that the log reader follows.");
	set(m, "maillog_file_prefixes", arena_printf(m->a, "%s/" MTA_LOGS,
		m->cwd), NULL);
	set(m, "syslog_name", "postfix", NULL);
}

static void set_identity(struct make *m)
{
	const struct wiring *w = m->w;
	const char *name = w->name ? w->name : "localhost";
	const char *site = w->site ? w->site : name;

	set(m, "myhostname", strchr(name, '.') ? name :
		arena_printf(m->a, "%s.%s", name, site),
		"Who we are, who may send through us.");
	set(m, "mydomain", site, NULL);
	set(m, "myorigin", "$mydomain", NULL);
	set(m, "mynetworks", networks(m), NULL);
	set(m, "inet_interfaces", "all", NULL);
	set(m, "inet_protocols", "all", NULL);
	set(m, "smtpd_banner", "$myhostname ESMTP", NULL);
	set(m, "smtpd_peername_lookup", "yes", NULL);
}

static void set_delivery(struct make *m)
{
	set(m, "mydestination", "",
		"Where mail goes: our domains to Maildirs, the rest onward.");
	set(m, "local_recipient_maps", "", NULL);
	set(m, "local_transport", "error:5.1.1 no local mail", NULL);
	set(m, "alias_maps", "", NULL);
	set(m, "alias_database", "", NULL);
	set(m, "relay_domains", "", NULL);
	set(m, "relayhost", relay_host(m), NULL);
	set(m, "virtual_mailbox_domains",
		joined(m, m->w->domains, m->w->ndomains), NULL);
	set(m, "virtual_mailbox_maps", arena_printf(m->a,
		"regexp:%s/" MTA_ETC "/recipients.regexp", m->cwd), NULL);
	set(m, "virtual_transport", "mailbox", NULL);
	set(m, "mailbox_destination_recipient_limit", "1", NULL);
	set(m, "smtp_tls_security_level", "may", NULL);
	set(m, "append_dot_mydomain", "no", NULL);
	set(m, "biff", "no", NULL);
}

static void set_limits(struct make *m)
{
	uint64_t size = m->w->mta.message_size_limit;

	set(m, "message_size_limit", arena_printf(m->a, "%llu",
		(unsigned long long)size), "Limits, from the wiring.");
	set(m, "mailbox_size_limit", "0", NULL);
	set(m, "queue_minfree", arena_printf(m->a, "%llu",
		(unsigned long long)(size + size / 2)),
		"Less free space than 1.5 messages: no mail is taken.");
	set(m, "smtpd_recipient_limit", arena_printf(m->a, "%llu",
		(unsigned long long)m->w->mta.recipient_limit), NULL);
	set(m, "smtpd_client_event_limit_exceptions",
		"$mynetworks 127.0.0.0/8 [::1]/128", NULL);
}

static void set_strictness(struct make *m)
{
	set(m, "smtpd_forbid_bare_newline", "normalize",
		"SMTP smuggling: no end of data but CRLF.CRLF, for anybody.");
	set(m, "smtpd_forbid_bare_newline_exclusions", "", NULL);
	set(m, "smtpd_forbid_unauth_pipelining", "yes", NULL);
	set(m, "smtpd_discard_ehlo_keywords", "chunking, silent-discard",
		NULL);
	set(m, "smtpd_relay_restrictions",
		"permit_mynetworks, reject_unauth_destination", NULL);
	set(m, "smtpd_helo_required", "yes", NULL);
	set(m, "disable_vrfy_command", "yes", NULL);
	set(m, "smtputf8_enable", "no", NULL);
	set(m, "local_header_rewrite_clients", "",
		"What the filter judges is what is delivered: no repairs.");
	set(m, "enable_long_queue_ids", "yes", NULL);
}

static void set_filter(struct make *m)
{
	set(m, "smtpd_milters", milters(m),
		"The filter. Without it mail waits at the sender (4xx).");
	/* Bounces that it makes itself go to tagged senders, too (BATV). */
	set(m, "non_smtpd_milters", milters(m), NULL);
	set(m, "internal_mail_filter_classes", "bounce", NULL);
	set(m, "milter_default_action", "tempfail", NULL);
	set(m, "milter_protocol", "6", NULL);
	set(m, "milter_connect_timeout", "60s", NULL);
	set(m, "milter_command_timeout", "60s", NULL);
	set(m, "milter_content_timeout", "300s", NULL);
	set(m, "milter_connect_macros", "j {daemon_name} {daemon_addr} "
		"{daemon_port} v _ {client_addr} {client_name} {client_port} "
		"{client_ptr}", NULL);
	set(m, "milter_helo_macros", "{tls_version} {cipher} {cipher_bits} "
		"{cert_subject} {cert_issuer}", NULL);
	set(m, "milter_mail_macros", "i {auth_type} {auth_authen} "
		"{auth_author} {mail_addr} {mail_host} {mail_mailer} "
		"{tls_version} {client_addr}", NULL);
	set(m, "milter_rcpt_macros", "i {rcpt_addr} {rcpt_host} "
		"{rcpt_mailer}", NULL);
	set(m, "milter_end_of_data_macros", "i", NULL);
}

/* Services that every Postfix of ours has: name, unix type, columns. */
static const char services[] =
	"cleanup   unix  n  -  n  -     0  cleanup\n"
	"qmgr      unix  n  -  n  300   1  qmgr\n"
	"tlsmgr    unix  -  -  n  1000? 1  tlsmgr\n"
	"rewrite   unix  -  -  n  -     -  trivial-rewrite\n"
	"bounce    unix  -  -  n  -     0  bounce\n"
	"defer     unix  -  -  n  -     0  bounce\n"
	"trace     unix  -  -  n  -     0  bounce\n"
	"verify    unix  -  -  n  -     1  verify\n"
	"flush     unix  n  -  n  1000? 0  flush\n"
	"proxymap  unix  -  -  n  -     -  proxymap\n"
	"smtp      unix  -  -  n  -     -  smtp\n"
	"relay     unix  -  -  n  -     -  smtp\n"
	"showq     unix  n  -  n  -     -  showq\n"
	"error     unix  -  -  n  -     -  error\n"
	"retry     unix  -  -  n  -     -  error\n"
	"discard   unix  -  -  n  -     -  discard\n"
	"anvil     unix  -  -  n  -     1  anvil\n"
	"scache    unix  -  -  n  -     1  scache\n"
	"postlog   unix-dgram n - n -   1  postlogd\n";

/* Only this host, only to hand back what was judged already. */
static const char reinject_options[] =
	"  -o syslog_name=postfix/reinject\n"
	"  -o smtpd_milters=\n"
	"  -o receive_override_options=no_milters\n"
	"  -o mynetworks=127.0.0.0/8,[::1]/128\n"
	"  -o smtpd_client_restrictions=permit_mynetworks,reject\n"
	"  -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
	"  -o smtpd_peername_lookup=no\n"
	"  -o smtpd_authorized_xforward_hosts=127.0.0.0/8,[::1]/128\n";

static void make_master(struct make *m)
{
	const struct wiring_mta *mta = &m->w->mta;
	struct buf b = { .arena = m->a };

	buf_string(&b, "# Written by pm mta from etc/pm/wiring.lua at each "
		"start: edits are lost.\n");
	for (size_t i = 0; i < mta->nlisten; i++)
		buf_printf(&b, "%s inet n - n - %llu smtpd\n", mta->listen[i],
			(unsigned long long)(m->w->filter.concurrency ?
			m->w->filter.concurrency : 128));
	if (mta->reinject)
		buf_printf(&b, "%s inet n - n - - smtpd\n%s", mta->reinject,
			reinject_options);
	buf_string(&b, services);
	buf_printf(&b, "mailbox   unix  -  n  n  -     10 pipe\n"
		"  flags=DORX user=pm-mail directory=%s\n"
		"  argv=%s mta deliver ${user} ${domain} "
		"${queue_id}\n", m->cwd, m->exe);
	m->c->master = buf_c(&b);
}

/*
 * All users of our domains whose names are safe as folders; a name with a
 * slash or a leading dot is an unknown user.
 */
static void make_recipients(struct make *m)
{
	struct buf b = { .arena = m->a };

	buf_string(&b, "# Written by pm mta: who may have a Maildir.\n");
	for (size_t i = 0; i < m->w->ndomains; i++) {
		buf_string(&b, "/^[a-z0-9_+=-][a-z0-9._+=-]*@");
		for (const char *p = m->w->domains[i]; *p; p++)
			buf_printf(&b, *p == '.' ? "\\%c" : "%c", *p);
		buf_string(&b, "$/ ok\n");
	}
	m->c->recipients = buf_c(&b);
}

/* Blanks, quotes and dollars mean something in Postfix's files. */
static int check_path(const char *path, struct err *e)
{
	for (const char *p = path; *p; p++) {
		unsigned char c = span_lower((unsigned char)*p);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      strchr("/._+-", c)))
			return err_set(e, ERR_PERMANENT, "%s: Postfix cannot "
				"work with the character \"%c\" in a path: "
				"use another folder", path, c);
	}
	return 0;
}

int config_paths(struct arena *a, const char **cwd_r, const char **exe_r,
	struct err *e)
{
	char cwd[PATH_MAX], exe[PATH_MAX];
	ssize_t n;

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return err_errno(e, ERR_PERMANENT, "the root's path");
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return err_errno(e, ERR_PERMANENT, "/proc/self/exe");
	*cwd_r = arena_string(a, span_of(strcmp(cwd, "/") ? cwd : ""));
	*exe_r = arena_string(a, span_from(exe, (size_t)n));
	return check_path(*cwd_r, e) < 0 ? -1 : check_path(*exe_r, e);
}

int config_make(const struct wiring *w, const char *cwd, const char *exe,
	struct arena *a, struct config *c_r, struct err *e)
{
	struct make m = { c_r, a, w, cwd, exe };

	memset(c_r, 0, sizeof(*c_r));
	if (w->mta.kind == NULL || strcmp(w->mta.kind, "postfix") != 0)
		return err_set(e, ERR_TEMPORARY, "mta.kind \"%s\": not in "
			"this version", w->mta.kind ? w->mta.kind : "");
	set_places(&m);
	set_identity(&m);
	set_delivery(&m);
	set_limits(&m);
	set_strictness(&m);
	set_filter(&m);
	make_master(&m);
	make_recipients(&m);
	return 0;
}

void config_write(const struct config *c, struct buf *b)
{
	buf_string(b, "# Written by pm mta from etc/pm/wiring.lua at each "
		"start: edits are lost.\n# `pm mta check` compares.\n");
	for (size_t i = 0; i < c->nsettings; i++) {
		const struct config_setting *s = &c->settings[i];

		if (s->why)
			buf_printf(b, "\n# %s\n", s->why);
		buf_printf(b, "%s =%s%s\n", s->name, *s->value ? " " : "",
			s->value);
	}
}
