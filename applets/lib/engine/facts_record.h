/*
 * Facts as a flat record: it travels in the verdict, to the spool, and to the
 * message log; JSON is made from it at the edges.
 */
#ifndef ENGINE_FACTS_RECORD_H
#define ENGINE_FACTS_RECORD_H

#include "engine/facts.h"

struct member_record {
	struct span path, true_type;
	uint64_t size;
	unsigned flags;		/* mail_flag */
	unsigned files;		/* file_flag */
	struct span sha256;	/* hex, or empty */
};

struct part_record {
	struct span type, name, disposition;
	enum mime_origin origin;
	unsigned depth, flags;
	unsigned files;		/* file_flag, those of its members, too */
	struct member_record *members;
	size_t nmembers;
	unsigned page;		/* html_flag, of a page that was read */
	unsigned hidden_by;	/* html_hide */
	uint64_t hidden;	/* bytes of text that are not seen */
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
	struct why *whys;
	size_t nwhys;
};

/* detail: with what is lazy: sizes, types and hashes of parts, URLs. */
void facts_put(struct buf *b, struct facts *f, const struct list_hit *lists,
	size_t nlists, bool detail);
/* Spans point into the record. False: malformed. */
bool facts_get(struct span record, struct arena *a,
	struct facts_record *facts_r);

#endif
