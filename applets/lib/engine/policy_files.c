/*
 * Attachments, what is in them, and URLs.
 */
#include "engine/policy_view.h"

#include <string.h>

#include "crypto/hash.h"
#include "mail/type.h"

#define VIEW(name) static struct script_value name(void *self)
#define FACTS (((struct policy_host *)self)->run.facts)
#define FILE_AT ((const struct policy_file *)self)
#define MEMBER (FILE_AT->member)
#define PART (FILE_AT->facts->mime.parts[FILE_AT->part])

enum { FILES_MAX = 10000 };

/* Of all flags in a file, as its parts have them; read lazily. */
static unsigned file_flags(void *self)
{
	return MEMBER ? MEMBER->flags :
		facts_files(FILE_AT->facts, FILE_AT->part)->flags;
}

static unsigned file_mail_flags(void *self)
{
	if (MEMBER)
		return MEMBER->mail_flags;
	return facts_files(FILE_AT->facts, FILE_AT->part)->mail_flags;
}

/* Of a member without its folders, whichever way these are written. */
VIEW(file_name)
{
	struct span name = MEMBER ? MEMBER->name : PART->name;
	size_t n = name.n;

	while (MEMBER && n && name.p[n - 1] != '/' && name.p[n - 1] != '\\')
		n--;
	return policy_text(MEMBER ? span_after(name, n) : name);
}

VIEW(file_path)
{
	return policy_text(MEMBER ? MEMBER->path : PART->name);
}

VIEW(file_type)
{
	return policy_text(MEMBER ? SPAN("") : PART->type);
}

VIEW(file_extension)
{
	struct span name = file_name(self).text;
	struct buf b = { .arena = FILE_AT->facts->arena };
	size_t dot;

	/* Windows drops blanks and dots at the end. */
	while (name.n && (name.p[name.n - 1] == ' ' ||
			  name.p[name.n - 1] == '.'))
		name.n--;
	dot = span_rchr(name, '.');
	for (size_t i = dot; dot != SIZE_MAX && i + 1 < name.n; i++)
		buf_byte(&b, span_lower(name.p[i + 1]));
	return policy_text(buf_bytes(&b));
}

VIEW(file_true_type)
{
	return policy_text(MEMBER ? type_word(MEMBER->type) :
		facts_true_type(FILE_AT->facts, FILE_AT->part));
}

VIEW(file_kind)
{
	static const char *const kinds[FAMILY_N] = { "unknown", "program",
		"script", "archive", "document", "image", "media", "font",
		"page", "message", "key", "text", "data" };
	enum type_id t = MEMBER ? MEMBER->type : mime_is_leaf(PART) ?
		type_of(facts_content(FILE_AT->facts, FILE_AT->part)) :
		TYPE_UNKNOWN;

	return policy_text(span_of(kinds[type_family(t)]));
}

VIEW(file_size)
{
	return policy_int(MEMBER ? (int64_t)MEMBER->size :
		(int64_t)facts_content(FILE_AT->facts, FILE_AT->part).n);
}

VIEW(file_encrypted)
{
	return policy_bool(file_flags(self) & FILE_ENCRYPTED ||
		file_mail_flags(self) & MAIL_ENCRYPTED);
}

VIEW(file_macros)
{
	return policy_bool(file_flags(self) & (FILE_MACRO | FILE_XL4));
}

VIEW(file_autoexec) { return policy_bool(file_flags(self) & FILE_AUTOEXEC); }

VIEW(file_later)
{
	return policy_bool(file_flags(self) & FILE_OVER ||
		file_mail_flags(self) & (MAIL_ENCRYPTED | MAIL_OVER_ARCHIVE |
			MAIL_UNSCAN_ARCHIVE | MAIL_OVER_DECODED));
}

VIEW(file_words)
{
	unsigned flags = file_flags(self);
	struct buf b = { .arena = FILE_AT->facts->arena };
	const char *word;

	for (size_t i = 0; (word = filefacts_word(flags, i)); i++)
		buf_printf(&b, "%s%s", i ? " " : "", word);
	return policy_text(buf_bytes(&b));
}

/* Hex, as tools print it. */
static struct span hex(const unsigned char *hash, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < HASH_SHA256_SIZE; i++)
		buf_printf(&b, "%02x", hash[i]);
	return buf_bytes(&b);
}

VIEW(file_sha256)
{
	static const unsigned char zeros[HASH_SHA256_SIZE];
	unsigned char hash[HASH_SHA256_SIZE];
	struct policy_file *file = self;
	struct facts *f = file->facts;

	if (file->sha256.p)
		return policy_text(file->sha256);
	if (MEMBER)
		memcpy(hash, MEMBER->sha256, sizeof(hash));
	else
		hash_sha256(facts_content(f, FILE_AT->part), hash);
	file->sha256 = MEMBER && memcmp(hash, zeros, sizeof(hash)) == 0 ?
		SPAN("") : hex(hash, f->arena);
	return policy_text(file->sha256);
}

VIEW(file_text)
{
	struct script_value none = { .type = SCRIPT_NIL };

	if (MEMBER)
		return none;
	return policy_text(facts_file_text(FILE_AT->facts, FILE_AT->part));
}

/* By any name that a mail program may show. */
static void file_listed(struct script_call *c)
{
	const struct policy_file *file = c->self;
	const struct mime_part *p = file->facts->mime.parts[file->part];
	bool yes;

	if (!policy_listed(c->context, c, file_name(c->self).text, UINT32_MAX,
			&yes))
		return;
	for (size_t i = 0; !yes && file->member == NULL && i < p->nnames; i++)
		if (!policy_listed(c->context, c, p->names[i], UINT32_MAX,
				&yes))
			return;
	c->result = policy_bool(yes);
}

const struct script_class policy_attachment_class = {
	.name = "attachment",
	.fields = (const struct script_field[]){
		{ "name", file_name, "file name, decoded, or empty: text\n"
			"if att.name:lower() == \"invoice.zip\" then "
			"return discard() end" },
		{ "extension", file_extension,
			"behind the last dot, lower case, \"exe\": text" },
		{ "path", file_path, "where it is in its attachment, "
			"\"inner.zip/b.doc\"; of an attachment itself its "
			"name: text" },
		{ "type", file_type, "as declared, \"image/png\"; empty in "
			"an archive: text" },
		{ "true_type", file_true_type, "by content, \"exe\", or empty "
			"when not known: text\n"
			"if att.true_type == \"exe\" then "
			"return quarantine(\"Suspect\") end" },
		{ "kind", file_kind, "family of the true type: \"program\", "
			"\"script\", \"archive\", \"document\", \"image\", "
			"\"media\", \"font\", \"page\", \"message\", \"key\", "
			"\"text\", \"data\" or \"unknown\": text" },
		{ "size", file_size, "decoded, bytes: number" },
		{ "encrypted", file_encrypted, "it, or something in it, "
			"needs a password: boolean" },
		{ "macros", file_macros,
			"macros in it: boolean\n"
			"if att.macros then return quarantine(\"Suspect\") "
			"end" },
		{ "autoexec", file_autoexec,
			"macros that run by themselves: boolean" },
		{ "later", file_later, "not all of it could be looked into: "
			"encrypted, damaged, over a limit: boolean" },
		{ "words", file_words, "what is odd about it, with blanks "
			"between, \"macro embedded link\": text" },
		{ "sha256", file_sha256, "of the content, hex: text" },
		{ "text", file_text, "the text in it and in its members, at "
			"most 1 MiB; nil for a member: text\n"
			"if att.text:find(\"IBAN\", 1, true) then "
			"plan:mark(\"iban\", att.name) end" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", file_listed,
			"listed(list): is its name on it? boolean\n"
			"if att:listed(\"suspect-attachment-names\") then "
			"return quarantine(\"Suspect\") end" },
		{ 0 },
	},
};

/* --- lists of them ------------------------------------------------------- */

struct script_value policy_get_attachments(void *self)
{
	struct facts *f = FACTS;
	struct script_value list, *v = policy_list_begin(self,
		SEEN_ATTACHMENTS, f->mime.n, &list);
	struct policy_file *files;
	size_t n = 0;

	if (v == NULL)
		return list;
	files = arena_array(f->arena, f->mime.n, sizeof(*files));
	for (size_t i = 0; i < f->mime.n; i++) {
		if (!facts_is_attachment(f->mime.parts[i]))
			continue;
		files[n] = (struct policy_file){ .facts = f, .part = i };
		v[n] = policy_object(&policy_attachment_class, &files[n]);
		n++;
	}
	return policy_list_end(self, SEEN_ATTACHMENTS, v, n);
}

/* How many files a part has: itself, when it is one, and those in it. */
static size_t count_files(struct facts *f, size_t part)
{
	return (facts_is_attachment(f->mime.parts[part]) ? 1 : 0) +
		facts_files(f, part)->nmembers;
}

/* Each attachment, and behind it what is in it. */
struct script_value policy_get_files(void *self)
{
	struct facts *f = FACTS;
	struct script_value list, *v;
	struct policy_file *files;
	size_t most = 0, n = 0;

	for (size_t i = 0; i < f->mime.n; i++)
		most += count_files(f, i);
	most = most < FILES_MAX ? most : FILES_MAX;
	v = policy_list_begin(self, SEEN_FILES, most, &list);
	if (v == NULL)
		return list;
	files = arena_array(f->arena, most, sizeof(*files));
	for (size_t i = 0; i < f->mime.n; i++) {
		const struct file_facts *in = facts_files(f, i);

		if (n < most && facts_is_attachment(f->mime.parts[i]))
			files[n++] = (struct policy_file){ .facts = f,
				.part = i };
		for (size_t k = 0; n < most && k < in->nmembers; k++)
			files[n++] = (struct policy_file){ .facts = f,
				.part = i, .member = &in->members[k] };
	}
	for (size_t i = 0; i < n; i++)
		v[i] = policy_object(&policy_attachment_class, &files[i]);
	return policy_list_end(self, SEEN_FILES, v, n);
}

/* --- URLs ---------------------------------------------------------------- */

#define URL ((const struct url *)self)
VIEW(url_raw) { return policy_text(URL->raw); }
VIEW(url_host) { return policy_text(URL->host); }
VIEW(url_normal) { return policy_text(URL->url); }
VIEW(url_scheme) { return policy_text(URL->scheme); }
VIEW(url_organisation) { return policy_text(URL->organisation); }
VIEW(url_path) { return policy_text(URL->path); }
VIEW(url_is_address) { return policy_bool(URL->flags & URL_IP); }
VIEW(url_has_user) { return policy_bool(URL->flags & URL_USER); }
VIEW(url_hidden) { return policy_bool(URL->flags & URL_IN_HIDDEN); }
VIEW(url_link) { return policy_bool(URL->flags & URL_IN_LINK); }

VIEW(url_deceives)
{
	return policy_bool(URL->flags & (URL_MIXED | URL_LIKE_ASCII |
		URL_ODD_IP | URL_MANY_AT | URL_ENCODED_HOST | URL_BACKSLASH));
}

const struct script_class policy_url_class = {
	.name = "url",
	.fields = (const struct script_field[]){
		{ "url", url_raw, "as written: text" },
		{ "normal", url_normal, "in normal form, ASCII: text" },
		{ "scheme", url_scheme, "\"https\", \"mailto\" …: text" },
		{ "host", url_host, "lower case, without IDN: text" },
		{ "organisation", url_organisation, "the registered domain of "
			"the host, or empty: text\n"
			"if url.organisation == \"bad.example\" then "
			"return quarantine(\"Spam\") end" },
		{ "path", url_path, "behind the host, with its query: text" },
		{ "is_address", url_is_address,
			"is the host an IP address: boolean" },
		{ "has_user", url_has_user, "user@ before the host: boolean" },
		{ "deceives", url_deceives, "letters of mixed scripts, an "
			"odd address, several @: boolean" },
		{ "link", url_link, "can a reader follow it: boolean" },
		{ "hidden", url_hidden,
			"stands in text that is not seen: boolean" },
		{ 0 },
	},
};

struct script_value policy_get_urls(void *self)
{
	const struct url_set *urls = facts_urls(FACTS);
	struct script_value list, *v = policy_list_begin(self, SEEN_URLS,
		urls->n, &list);

	for (size_t i = 0; v && i < urls->n; i++)
		v[i] = policy_object(&policy_url_class, &urls->v[i]);
	return v ? policy_list_end(self, SEEN_URLS, v, urls->n) : list;
}
