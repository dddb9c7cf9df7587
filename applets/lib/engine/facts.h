/*
 * What is known of one message: parsed once, everything that costs only when
 * somebody asks. facts_record.h is its form that travels.
 *
 * Everything lives in the arena given to facts_new; the message must too.
 */
#ifndef ENGINE_FACTS_H
#define ENGINE_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/question.h"
#include "mail/address.h"
#include "mail/filefacts.h"
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
	FACTS_PAGES_MAX = 16,		/* pages in archives that are read */
	FACTS_SEEN_MAX = 1 << 20,	/* of facts_body and facts_names */
	FACTS_MEMBERS_MAX = 1000,	/* of a part, in the record */
	FACTS_BYTES_MAX = 8 << 20,	/* of the record; then `cut` */
};

struct classifier;
struct dnstable;

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
	struct file_facts *files; /* NULL: not asked */
	struct span file_text;	/* p NULL: not asked */
};

/* A recipient (UINT32_MAX: sender or relay) was found on a list. */
struct list_hit {
	uint32_t rcpt;
	struct span list, entry;
};

/* Why the group whose first recipient this is got what it got. */
struct why {
	uint32_t rcpt;
	struct span sentence;	/* "Quarantined for Spam because …." */
	struct span unless;	/* "It would be delivered if …." or empty */
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
	struct span class;		/* "newsletter": of what kind it is,
					   spam or not; empty: nobody says */
	const char *later[FACTS_HITS_MAX]; /* checks that could not know */
	size_t nlater;
	enum virus_state virus;
	struct span virus_name;		/* or why it is unscannable, later */
	struct question *virus_question;
	struct dnslist_set *dns;	/* NULL: nothing is asked */
	const struct dnstable *dnstable; /* NULL: no lists that are data */
	struct auth *auth;		/* NULL: nothing was checked */
	const struct classifier *model;	/* NULL: content is not weighed */
	const struct classifier *feedback; /* NULL: there was none */
	struct own_edits ours;
	struct span breaks_dkim;	/* whose good signature a plan breaks */
	struct why *whys;		/* engine/explain.h */
	size_t nwhys;
	unsigned more_flags;		/* mail_flag, of lazy steps */
	bool foreign;			/* a decoder of somebody else's ran */
	/* Private: lazy things. */
	struct archive_budget budget, text_budget;
	struct span pages[FACTS_PAGES_MAX];
	size_t npages;
	struct address *to;
	size_t nto;
	bool to_known, urls_known;
	struct span body, body_folded;	/* p NULL: not asked */
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
/* What is in it: members of an archive, macros, links … Of every part. */
const struct file_facts *facts_files(struct facts *f, size_t part);
/*
 * The text in it: of a text or page (hidden text, too), a document that is XML
 * inside, and of those in an archive; at most FACTS_PAGE_TEXT_MAX bytes. Empty
 * where none can be read.
 */
struct span facts_file_text(struct facts *f, size_t part);
/*
 * The text that a reader sees, of all texts and pages that are no files, in
 * every reading; at most FACTS_SEEN_MAX bytes. Folded: mail/casefold.h.
 */
struct span facts_body(struct facts *f);
struct span facts_body_folded(struct facts *f);
/* All names that clients may show, of parts and of what is in them; a line
 * each. Made anew at each call. */
struct span facts_names(struct facts *f);
/* Of texts, pages and files. */
const struct url_set *facts_urls(struct facts *f);
/* Private to facts.c: those of files. */
void facts_file_urls(struct facts *f);
/* A part that a reader sees as a file. */
bool facts_is_attachment(const struct mime_part *p);
unsigned facts_flags(const struct facts *f);
/* Two readings are possible; a limit was reached. */
bool facts_ambiguous(const struct facts *f);
bool facts_over(const struct facts *f);
/* The i-th word of a set of mail_flag bits ("ambiguous-field"); NULL. */
const char *facts_flag_word(unsigned flags, size_t i);
/* The same of html_flag ("form"), html_hide ("display") and mime_origin. */
const char *facts_page_word(unsigned flags, size_t i);
const char *facts_hide_word(unsigned flags, size_t i);
const char *facts_origin_word(enum mime_origin origin);

/* Adds a hit; score is their sum. */
void facts_hit(struct facts *f, const char *name, int32_t weight,
	struct span evidence);

#endif
