#include "mail/type_look.h"

#include "mail/archive_zip.h"

enum {
	MEMBERS = 2000,		/* looked at */
	PEEK = 32768,		/* of [Content_Types].xml */
};

/* What a member's name says of the whole. */
static const struct {
	const char *name;
	enum type_id type;
} names[] = {
	{ "AndroidManifest.xml", TYPE_APK },
	{ "classes.dex", TYPE_APK },
	{ "META-INF/mozilla.rsa", TYPE_XPI },
	{ "AppxManifest.xml", TYPE_APPX },
	{ "META-INF/MANIFEST.MF", TYPE_JAR },
	{ "FixedDocSeq.fdseq", TYPE_XPS },
	{ "FixedDocumentSequence.fdseq", TYPE_XPS },
};

/* ODF and EPUB store their type, uncompressed, as the first member. */
static const struct {
	const char *mime;
	enum type_id type;
} mimetypes[] = {
	{ "application/epub+zip", TYPE_EPUB },
	{ "application/vnd.oasis.opendocument.text", TYPE_ODT },
	{ "application/vnd.oasis.opendocument.spreadsheet", TYPE_ODS },
	{ "application/vnd.oasis.opendocument.presentation", TYPE_ODP },
	{ "application/vnd.oasis.opendocument", TYPE_ODF },
	{ "application/vnd.sun.xml.", TYPE_ODF },
};

/* The main part's content type (ECMA-376 part 1, MS-OFFMACRO2). */
static const struct {
	const char *text;
	enum type_id type, macro;
} mains[] = {
	{ "ms-excel.sheet.binary.macroEnabled.main", TYPE_XLSB, TYPE_XLSB },
	{ "ms-word.document.macroEnabled", TYPE_DOCM, TYPE_DOCM },
	{ "ms-word.template.macroEnabled", TYPE_DOCM, TYPE_DOCM },
	{ "ms-excel.sheet.macroEnabled.main", TYPE_XLSM, TYPE_XLSM },
	{ "ms-excel.template.macroEnabled.main", TYPE_XLSM, TYPE_XLSM },
	{ "ms-excel.addin.macroEnabled.main", TYPE_XLSM, TYPE_XLSM },
	{ "ms-powerpoint.presentation.macroEnabled.main", TYPE_PPTM,
		TYPE_PPTM },
	{ "ms-powerpoint.slideshow.macroEnabled.main", TYPE_PPTM, TYPE_PPTM },
	{ "ms-powerpoint.template.macroEnabled.main", TYPE_PPTM, TYPE_PPTM },
	{ "ms-powerpoint.addin.macroEnabled.main", TYPE_PPTM, TYPE_PPTM },
	{ "wordprocessingml.document.main+xml", TYPE_DOCX, TYPE_DOCM },
	{ "wordprocessingml.template.main+xml", TYPE_DOCX, TYPE_DOCM },
	{ "spreadsheetml.sheet.main+xml", TYPE_XLSX, TYPE_XLSM },
	{ "spreadsheetml.template.main+xml", TYPE_XLSX, TYPE_XLSM },
	{ "presentationml.presentation.main+xml", TYPE_PPTX, TYPE_PPTM },
	{ "presentationml.slideshow.main+xml", TYPE_PPTX, TYPE_PPTM },
	{ "presentationml.template.main+xml", TYPE_PPTX, TYPE_PPTM },
	{ "ms-visio.", TYPE_VSDX, TYPE_VSDX },
	{ "ms-package.xps-", TYPE_XPS, TYPE_XPS },
	{ "appx", TYPE_APPX, TYPE_APPX },
};

static enum type_id by_content_types(struct span s)
{
	bool macro = span_find(s, SPAN("ms-office.vbaProject")) != SIZE_MAX;

	for (size_t i = 0; i < sizeof(mains) / sizeof(mains[0]); i++)
		if (span_find(s, span_of(mains[i].text)) != SIZE_MAX)
			return macro ? mains[i].macro : mains[i].type;
	return TYPE_OOXML;
}

static enum type_id by_mimetype(struct span s)
{
	for (size_t i = 0; i < sizeof(mimetypes) / sizeof(mimetypes[0]); i++)
		if (span_starts(s, span_of(mimetypes[i].mime)))
			return mimetypes[i].type;
	return TYPE_UNKNOWN;
}

static enum type_id by_member(struct span file, const struct zip_entry *e)
{
	unsigned char peek[PEEK];
	size_t n;

	if (span_is(e->name, "mimetype")) {
		n = zip_peek(file, e, peek, sizeof(peek));
		return by_mimetype(span_from(peek, n));
	}
	if (span_caseeq(e->name, SPAN("[Content_Types].xml"))) {
		n = zip_peek(file, e, peek, sizeof(peek));
		return by_content_types(span_from(peek, n));
	}
	return TYPE_UNKNOWN;
}

enum type_id type_look_zip(struct span s)
{
	enum type_id best = TYPE_ZIP, t;
	struct zip_entry e;
	struct zip z;
	size_t at;

	if (!zip_find(s, s.n, &z))
		return TYPE_ZIP;
	at = z.directory;
	for (int i = 0; i < MEMBERS && zip_next(&z, &at, &e); i++) {
		t = by_member(s, &e);
		if (t != TYPE_UNKNOWN)
			return t;
		/* The first that fits best: an APK has a JAR's manifest. */
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (span_is(e.name, names[k].name) &&
			    (best == TYPE_ZIP || best == TYPE_JAR))
				best = names[k].type;
	}
	return best;
}
