/*
 * What the files share that show a message to the rules. Private to
 * policy_*.c.
 *
 * An object in Lua is a class and a pointer: the host for the message at
 * hand, or something in the message's arena, so a handle that a rule kept
 * would show nothing else; and no rule can keep one (script_restore). What
 * costs is made when a rule reads it, once a message, and bounded.
 */
#ifndef ENGINE_POLICY_VIEW_H
#define ENGINE_POLICY_VIEW_H

#include "engine/policy_host.h"

enum { POLICY_TEXT_MAX = 1 << 20 };

/* Lists that a rule may read again and again: made once a message. */
enum seen {
	SEEN_HITS, SEEN_ATTACHMENTS, SEEN_FILES, SEEN_URLS, SEEN_TO, SEEN_CC,
	SEEN_AUTHORS, SEEN_FLAGS, SEEN_CHARSETS, SEEN_DKIM,
	SEEN_SEALERS, SEEN_N
};

/* What m:contains() and m:matches() look into. */
enum policy_what {
	WHAT_SUBJECT, WHAT_BODY, WHAT_FROM, WHAT_NAMES, WHAT_FILES, WHAT_URLS,
	WHAT_N,
	WHAT_HEADER = WHAT_N,	/* "header:NAME" */
};

/* run.view: what was made for the message at hand. */
struct policy_view {
	struct script_value seen[SEEN_N];
	struct span texts[WHAT_N], folded[WHAT_N]; /* p NULL: not made */
	size_t parts;			/* that the message has */
	int eight_bit;			/* per cent; -1: not known */
	struct script_value *phrases;	/* found, of each list; or NULL */
	enum { TRUST_UNKNOWN, TRUST_NO, TRUST_YES } internal;
};

/* A file that a rule looks at: an attachment, or what is in one. */
struct policy_file {
	struct facts *facts;
	size_t part;			/* of facts->parts */
	const struct file_member *member; /* NULL: the attachment itself */
	struct span sha256;		/* p NULL: not asked */
};

extern const struct script_class policy_signature_class, policy_spf_class,
	policy_dkim_class, policy_dmarc_class, policy_arc_class,
	policy_auth_class, policy_address_class, policy_regex_class,
	policy_clock_class;

/* All classes that policy_words.c tells of. */
void policy_add_classes(struct script *s);

struct policy_view *policy_view(struct policy_host *h);
/* Before the run gets other facts: texts stay when the parts are the same. */
void policy_view_renew(struct policy_host *h, const struct facts *next);

/*
 * Room for a list of n values in the message's arena; NULL: it was made
 * before, and is *list_r.
 */
struct script_value *policy_list_begin(struct policy_host *h,
	enum seen which, size_t n, struct script_value *list_r);
struct script_value policy_list_end(struct policy_host *h, enum seen which,
	const struct script_value *v, size_t n);

/* Of an envelope address or an author; ad lives as long as the message. */
struct script_value policy_address(const struct address *ad);

bool policy_is_internal(struct policy_host *h);
bool policy_is_ours(const struct policy_host *h, struct span domain);
/* From our networks, logged in, or of this host. */
bool policy_is_outgoing(struct policy_host *h);

/* Fields and methods in several tables. */
struct script_value policy_get_auth(void *self);
struct script_value policy_get_attachments(void *self);
struct script_value policy_get_files(void *self);
struct script_value policy_get_urls(void *self);
struct script_value policy_get_spam(void *self);
struct script_value policy_get_virus(void *self);
struct script_value policy_get_text(void *self);
struct script_value policy_get_eight_bit(void *self);
struct script_value policy_get_charsets(void *self);
void policy_relay_listed(struct script_call *c);
void policy_sender_listed(struct script_call *c);
void policy_get_rate(struct script_call *c);
void policy_sender_member(struct script_call *c);
void policy_contains(struct script_call *c);
void policy_matches(struct script_call *c);
void policy_phrases(struct script_call *c);

/* Functions. */
void policy_make_regex(struct script_call *c);
void policy_clock(struct script_call *c);
void policy_read_option(struct script_call *c);

#define POLICY_VIEW_FUNCTIONS \
	{ "regex", policy_make_regex, \
		"regex(pattern, flags): a regular expression, made while the " \
		"file is loaded; flags of i (no case), m (^ and $ at lines), " \
		"s (. is a line end, too), u (UTF-8: \\p{L} is any letter): " \
		"regex\n" \
		"local iban = regex([[\\bDE\\d{20}\\b]], \"i\")" }, \
	{ "clock", policy_clock, \
		"clock(seconds, zone): a time in parts; zone is \"UTC\", " \
		"\"+02:00\" or \"Europe/Berlin\", else option timezone, " \
		"else UTC: clock\n" \
		"if clock(m.time).hour < 6 then plan:mark(\"night\", \"yes\")" \
		" end" }, \
	{ "option", policy_read_option, \
		"option(name, default): a switch of the site, from the file " \
		"options beside the rules; of the kind that default has: " \
		"text, number or boolean\n" \
		"local tag_at = option(\"tag_at\", 50)" }

/* Makes the indices of all lists that are phrases (policy_phrases.c). */
void policy_index_phrases(struct policy_host *h);

/* The site's options, from the bundle; *e names file and line. */
int policy_read_options(struct policy_host *h, struct err *e);
/* The text of an option; false: the site has none of that name. */
bool policy_find_option(const struct policy_host *h, struct span name,
	struct span *value_r);

/* The text that `what` names; header fields only when it is WHAT_HEADER. */
struct span policy_what_text(struct policy_host *h, enum policy_what what,
	struct span header);
/* The same as casefold() makes it. */
struct span policy_what_folded(struct policy_host *h, enum policy_what what,
	struct span header);

/* Fields of the session, which a message has, too (policy_session.c). */
struct script_value policy_get_relay(void *self);
struct script_value policy_get_helo(void *self);
struct script_value policy_get_mail_from(void *self);
struct script_value policy_get_sender(void *self);
struct script_value policy_get_auth_user(void *self);
struct script_value policy_get_tls(void *self);
struct script_value policy_get_queue_id(void *self);
struct script_value policy_get_mta(void *self);
struct script_value policy_get_rcpt_count(void *self);
struct script_value policy_get_time(void *self);
struct script_value policy_get_direction(void *self);
struct script_value policy_get_bounce(void *self);
struct script_value policy_get_history(void *self);

#define POLICY_SESSION_FIELDS \
	{ "relay", policy_get_relay, "the connecting host: relay" }, \
	{ "helo", policy_get_helo, "what it called itself: text\n" \
		"if s.helo == \"localhost\" then return tempfail(\"no\") end" \
	}, \
	{ "mail_from", policy_get_mail_from, \
		"the envelope sender, empty for a bounce: text" }, \
	{ "sender", policy_get_sender, \
		"the envelope sender in parts: address\n" \
		"if s.sender.domain == \"example.org\" then return end" }, \
	{ "bounce", policy_get_bounce, \
		"is the envelope sender empty: boolean" }, \
	{ "auth_user", policy_get_auth_user, \
		"who logged in at the MTA, or empty: text" }, \
	{ "tls", policy_get_tls, \
		"version and cipher of the connection, or empty: text" }, \
	{ "queue_id", policy_get_queue_id, "the MTA's id: text" }, \
	{ "mta", policy_get_mta, "the MTA's name: text" }, \
	{ "rcpt_count", policy_get_rcpt_count, \
		"recipients in the envelope so far: number\n" \
		"if s.rcpt_count > 100 then return tempfail(\"slow\") end" }, \
	{ "direction", policy_get_direction, \
		"\"inbound\"; or, from us: \"internal\" when all recipients " \
		"are ours, \"outbound\" when one is not or none is known: " \
		"text\n" \
		"local out = policy(\"out\", function(s)\n" \
		"\treturn s.direction == \"outbound\"\n" \
		"end)" }, \
	{ "time", policy_get_time, \
		"when it came, seconds since 1970, for clock(): number" }, \
	{ "history", policy_get_history, \
		"not in this version: needs the sender history" }

#define POLICY_SESSION_METHODS \
	{ "listed", policy_relay_listed, \
		"listed(list): is the relay's address or name on it? boolean" \
		"\nif s:listed(\"blocked-relays\") then return discard() end" \
	}, \
	{ "sender_listed", policy_sender_listed, \
		"sender_listed(list, rcpt): the envelope sender or, where " \
		"the message is known, an author? With rcpt the " \
		"recipient's own part of the list, too: boolean\n" \
		"if m:sender_listed(\"approved-senders\", rcpt) then " \
		"return deliver() end" }, \
	{ "sender_member", policy_sender_member, \
		"sender_member(group): is the envelope sender one of list " \
		"group-NAME, or of that group in the user data? boolean\n" \
		"if s:sender_member(\"staff\") then return end" }

#endif
