#include "mail/type_look.h"

#include <string.h>

#include "mail/ole.h"

enum { ENTRIES = 4000 };	/* looked at */

static const struct {
	const char *name;
	enum type_id type;
} streams[] = {
	{ "WordDocument", TYPE_DOC }, { "Workbook", TYPE_XLS },
	{ "Book", TYPE_XLS }, { "PowerPoint Document", TYPE_PPT },
	{ "PP97_DUALSTORAGE", TYPE_PPT },
	{ "EncryptedPackage", TYPE_ENCRYPTED_OOXML },
	{ "__properties_version1.0", TYPE_MSG },
	{ "VisioDocument", TYPE_VSD }, { "Quill", TYPE_PUB },
	{ "HwpSummaryInformation", TYPE_HWP },
};

/* The installer's storage class, MS-CFB 2.6.1: {000C1084-...-46}. */
static bool is_installer(const unsigned char *clsid)
{
	return memcmp(clsid + 1, "\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
		15) == 0 && (clsid[0] == 0x84 || clsid[0] == 0x86 ||
		clsid[0] == 0x82);
}

enum type_id type_look_ole(struct span s)
{
	enum type_id best = TYPE_OLE2;
	struct ole_entry e;
	struct ole o;

	if (!ole_open(&o, s))
		return TYPE_OLE2;
	for (uint32_t i = 0; i < ENTRIES && ole_entry(&o, i, &e); i++) {
		struct span name = span_of(e.name);

		if (i == 0 && is_installer(e.clsid))
			return TYPE_MSI;
		if (name.n && name.p[0] == 5)
			name = span_after(name, 1);
		/* Objects in a document are of lesser rank: the first wins. */
		for (size_t k = 0; best == TYPE_OLE2 &&
		     k < sizeof(streams) / sizeof(streams[0]); k++)
			if (span_caseeq(name, span_of(streams[k].name)))
				best = streams[k].type;
	}
	return best;
}
