/*
 * What is known of one message: parsed once, everything that costs only when
 * somebody asks. The record form (facts_put) travels in the verdict, to the
 * spool and the message log; JSON is made from it at the edges.
 *
 * Everything lives in the arena given to facts_new; the message must too.
 */
#ifndef ENGINE_FACTS_H
#define ENGINE_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/question.h"
#include "mail/address.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/url.h"
#include "engine/auth.h"
#include "engine/bundle.h"
#include "engine/dnslist.h"
#include "engine/envelope.h"

enum {
	FACTS_HITS_MAX = 256,
	FACTS_EVIDENCE_MAX = 200,
	FACTS_TO_MAX = 1000,
	FACTS_FROM_MAX = 100,
	FACTS_PAGE_TEXT_MAX = 1 << 20,	/* of each text of a page */
	FACTS_BYTES_MAX = 8 << 20,	/* of the record; then `cut` */
};

struct hit {
	struct span name;	/* "GTUBE" */
	int32_t weight;		/* 1/1000 logit */
	struct span evidence;	/* what was seen, cut for display */
};

enum virus_state {
	VIRUS_OFF,		/* no engine is wired */
	VIRUS_CLEAN,
	VIRUS_FOUND,
	VIRUS_UNSCANNABLE,
	VIRUS_LATER,		/* could not be known in time */
	VIRUS_N
};

/* Of a part; content and what follows from it only when asked. */
struct fact_part {
	struct mime_part *mime;
	bool decoded;
	struct span content;	/* transfer encoding undone */
	struct span text;	/* of a text part, UTF-8; p NULL: not asked */
	struct html *html;	/* of a page; NULL: not asked */
};

/* A recipient (UINT32_MAX: sender or relay) was found on a list. */
struct list_hit {
	uint32_t rcpt;
	struct span list, entry;
};

/* Edits of every recipient's copy, whatever policy wants (RFC 8601 5). */
struct own_edits {
	const bool *forged;	/* beside the header's fields: those that claim
				   to be our Authentication-Results; NULL:
				   none does */
	struct span results;	/* value of ours, with its leading blank, or
				   empty */
};

struct facts {
	struct arena *arena;
	const struct envelope *env;
	const struct bundle *bundle;
	struct span raw;
	struct mime mime;
	struct fact_part *parts;	/* mime.n of them */
	struct span subject;		/* decoded UTF-8 */
	struct address from;		/* the first mailbox of From */
	struct address *authors;	/* all mailboxes of all From fields */
	size_t nauthors;
	struct hit *hits;
	size_t nhits;
	int32_t score;
	uint8_t probability;
	const char *later[FACTS_HITS_MAX]; /* checks that could not know */
	size_t nlater;
	enum virus_state virus;
	struct span virus_name;		/* or why it is unscannable, later */
	struct question *virus_question;
	const struct dnslist_set *dns;	/* NULL: nothing was asked */
	struct auth *auth;		/* NULL: nothing was checked */
	struct own_edits ours;
	unsigned more_flags;		/* mail_flag, of lazy steps */
	/* Private: lazy things. */
	struct address *to;
	size_t nto;
	bool to_known, urls_known;
	struct url_set urls;
};

struct facts *facts_new(const struct envelope *env,
	const struct bundle *bundle, struct span raw, struct arena *a);

/* All mailboxes of To and Cc. */
size_t facts_to(struct facts *f, const struct address **to_r);
struct span facts_content(struct facts *f, size_t part);
struct span facts_text(struct facts *f, size_t part);
/* A page as it is seen. */
const struct html *facts_html(struct facts *f, size_t part);
/* "zip", "pdf", … from the content, or empty. */
struct span facts_true_type(struct facts *f, size_t part);
const struct url_set *facts_urls(struct facts *f);
/* A part that a reader sees as a file. */
bool facts_is_attachment(const struct mime_part *p);
unsigned facts_flags(const struct facts *f);
/* Two readings are possible; a limit was reached. */
bool facts_ambiguous(const struct facts *f);
bool facts_over(const struct facts *f);
/* The i-th word of a set of mail_flag bits ("ambiguous-field"); NULL. */
const char *facts_flag_word(unsigned flags, size_t i);

/* Adds a hit; score is their sum. */
void facts_hit(struct facts *f, const char *name, int32_t weight,
	struct span evidence);

/* --- the record ---------------------------------------------------------- */

struct part_record {
	struct span type, name, disposition;
	unsigned depth, flags;
	bool decoded;		/* the next three are known */
	uint64_t size;		/* decoded */
	struct span true_type, sha256; /* hex */
};

/* A DNS answer as it was seen. */
struct dns_record {
	struct span name;	/* what was asked */
	uint16_t type;		/* RFC 1035 */
	enum dnslist_state state;
	struct span answer;	/* the first one, as text, or empty */
};

struct signature_record {
	enum auth_result result;
	unsigned flags;			/* enum dkim_flag */
	struct span domain, selector;
};

/* Words and domains as they were found; `checked`: enum auth_method. */
struct auth_record {
	unsigned checked;
	struct span relay;		/* first untrusted host, or empty */
	enum auth_result spf, dkim, dmarc, arc;
	struct span spf_domain, spf_problem;
	bool spf_helo;
	struct signature_record *signatures;
	size_t nsignatures;
	struct span dmarc_domain, dmarc_problem; /* of the author that
						    decides */
	enum dmarc_policy dmarc_policy;
	bool spf_aligned, dkim_aligned, psl_differs;
	unsigned arc_sets;
};

struct facts_record {
	uint64_t generation, size;
	unsigned flags;
	bool cut;		/* FACTS_BYTES_MAX was reached */
	struct span subject, from;
	struct hit *hits;
	size_t nhits;
	struct span *later;
	size_t nlater;
	enum virus_state virus;
	struct span virus_name;
	struct dns_record *dns;
	size_t ndns;
	struct auth_record auth;
	struct part_record *parts;
	size_t nparts;
	bool urls_known;
	struct span *urls;
	size_t nurls;
	struct list_hit *lists;
	size_t nlists;
};

/* detail: with what is lazy: sizes, types and hashes of parts, URLs. */
void facts_put(struct buf *b, struct facts *f, const struct list_hit *lists,
	size_t nlists, bool detail);
/* Spans point into the record. False: malformed. */
bool facts_get(struct span record, struct arena *a,
	struct facts_record *facts_r);

#endif
