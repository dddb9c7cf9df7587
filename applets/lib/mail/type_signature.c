#include "mail/type_look.h"

#include <string.h>

struct signature {
	unsigned char n;
	const char *bytes;
	enum type_id type;
	/* Looks closer; unknown: it is not what it seemed. */
	enum type_id (*look)(struct span s);
};

static uint32_t le16(struct span s, size_t at)
{
	return s.n < 2 || at > s.n - 2 ? 0 :
		s.p[at] | (uint32_t)s.p[at + 1] << 8;
}

static uint32_t le32(struct span s, size_t at)
{
	return le16(s, at) | le16(s, at + 2) << 16;
}

static uint32_t be32(struct span s, size_t at)
{
	return s.n < 4 || at > s.n - 4 ? 0 : (uint32_t)s.p[at] << 24 |
		(uint32_t)s.p[at + 1] << 16 | (uint32_t)s.p[at + 2] << 8 |
		s.p[at + 3];
}

static bool has_at(struct span s, size_t at, struct span what)
{
	return at <= s.n && span_starts(span_after(s, at), what);
}

/* Microsoft's PE format: e_lfanew at 60, characteristics 22 behind it. */
static enum type_id look_mz(struct span s)
{
	enum { LFANEW = 60, CHARACTERISTICS = 22, IS_DLL = 0x2000 };
	uint32_t pe = le32(s, LFANEW);

	if (!has_at(s, pe, SPAN("PE\0\0")))
		return TYPE_EXE;
	return le16(s, (size_t)pe + CHARACTERISTICS) & IS_DLL ? TYPE_DLL :
		TYPE_EXE;
}

/* Java and fat Mach-O share it: the latter counts few architectures. */
static enum type_id look_cafebabe(struct span s)
{
	return be32(s, 4) < 40 ? TYPE_MACHO : TYPE_CLASS;
}

/* Bitmaps: the size that the header says of itself. */
static enum type_id look_bmp(struct span s)
{
	uint32_t header = le32(s, 14);

	return header == 12 || (header >= 16 && header <= 124) ? TYPE_BMP :
		TYPE_UNKNOWN;
}

static enum type_id look_riff(struct span s)
{
	if (has_at(s, 8, SPAN("WEBP")))
		return TYPE_WEBP;
	if (has_at(s, 8, SPAN("WAVE")))
		return TYPE_WAV;
	return has_at(s, 8, SPAN("AVI ")) ? TYPE_AVI : TYPE_RIFF;
}

/* ICONDIR: reserved 0, type 1 or 2, a small count, a reserved byte. */
static enum type_id look_ico(struct span s)
{
	uint32_t count = le16(s, 4);

	return s.n >= 22 && count && count < 256 && s.p[9] == 0 &&
		le32(s, 18) < s.n ? TYPE_ICO : TYPE_UNKNOWN;
}

static enum type_id look_emf(struct span s)
{
	return has_at(s, 40, SPAN(" EMF")) ? TYPE_EMF : TYPE_UNKNOWN;
}

/* LZMA alone has no signature: properties, a dictionary size, a size. */
static enum type_id look_lzma(struct span s)
{
	uint32_t dictionary = le32(s, 1);

	if (s.n < 14 || s.p[0] >= 225 || dictionary < 1 << 12 ||
	    dictionary & (dictionary - 1))
		return TYPE_UNKNOWN;
	return (s.p[12] == 0 && s.p[11] == 0) ||
		(s.p[12] == 0xff && s.p[5] == 0xff) ? TYPE_LZMA : TYPE_UNKNOWN;
}

static enum type_id look_arj(struct span s)
{
	uint32_t header = le16(s, 2);

	return s.n > 34 && header >= 30 && header <= 2600 ? TYPE_ARJ :
		TYPE_UNKNOWN;
}

static enum type_id look_mp3(struct span s)
{
	/* Layer III, no reserved bit rate, sampling rate or emphasis. */
	return s.n > 4 && (s.p[1] & 0xe6) == 0xe2 && (s.p[2] >> 4) != 15 &&
		(s.p[2] & 0x0c) != 0x0c && (s.p[3] & 3) != 2 ? TYPE_MP3 :
		TYPE_UNKNOWN;
}

static enum type_id look_ar(struct span s)
{
	return has_at(s, 8, SPAN("debian-binary")) ? TYPE_DEB : TYPE_AR;
}

static enum type_id look_cpio(struct span s)
{
	return s.n >= 26 ? TYPE_CPIO : TYPE_UNKNOWN;
}

/* A certificate, CMS or PKCS#12: a long sequence that starts right. */
static enum type_id look_der(struct span s)
{
	if (s.n < 16 || s.p[1] < 0x80 || s.p[1] > 0x84)
		return TYPE_UNKNOWN;
	if (s.p[1] == 0x80)
		return has_at(s, 2, SPAN("\6\x09\x2a\x86\x48\x86\xf7\x0d"))
			? TYPE_DER : TYPE_UNKNOWN;
	s = span_after(s, 2 + (s.p[1] & 0x7fu));
	return has_at(s, 0, SPAN("\6\x09\x2a\x86\x48\x86\xf7\x0d")) ||
		has_at(s, 0, SPAN("\x30\x82")) ||
		has_at(s, 0, SPAN("\2\1\3\x30")) ? TYPE_DER : TYPE_UNKNOWN;
}

static enum type_id look_ps(struct span s)
{
	return has_at(s, 0, SPAN("%!PS")) ||
		has_at(s, 0, SPAN("%!\n")) ? TYPE_PS : TYPE_UNKNOWN;
}

static const struct signature signatures[] = {
#define SIG(bytes, type) { sizeof(bytes) - 1, bytes, TYPE_##type, NULL }
#define LOOK(bytes, f) { sizeof(bytes) - 1, bytes, TYPE_UNKNOWN, f }
	SIG("PK\3\4", ZIP), SIG("PK\5\6", ZIP), SIG("PK\7\10", ZIP),
	SIG("PK00PK\3\4", ZIP),
	SIG("%PDF-", PDF),
	SIG("\xff\xd8\xff", JPG),
	SIG("\x89PNG\r\n\x1a\n", PNG),
	SIG("GIF87a", GIF), SIG("GIF89a", GIF),
	LOOK("MZ", look_mz),
	SIG("\x7f" "ELF", ELF),
	SIG("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE2),
	SIG("{\\rt", RTF),
	SIG("Rar!\x1a\7\1\0", RAR5), SIG("Rar!\x1a\7", RAR),
	SIG("RE~^", RAR),
	SIG("7z\xbc\xaf\x27\x1c", 7Z),
	SIG("\x1f\x8b", GZIP), SIG("\x1f\x9d", COMPRESS),
	SIG("\x1f\xa0", COMPRESS),
	SIG("BZh", BZIP2),
	SIG("\xfd" "7zXZ\0", XZ), SIG("LZIP\1", LZIP),
	SIG("\x28\xb5\x2f\xfd", ZSTD), SIG("\x1e\xb5\x2f\xfd", ZSTD),
	SIG("\4\x22\x4d\x18", LZ4), SIG("\2\x21\x4c\x18", LZ4),
	SIG("\x89LZO\0\r\n\x1a\n", LZOP), SIG("LRZI", LRZIP),
	SIG("GRZipII", GRZIP),
	SIG("MSCF\0\0\0\0", CAB), SIG("ISc(", CAB),
	LOOK("\x60\xea", look_arj),
	SIG("ALZ\1", ALZ), SIG("EGGA", EGG), SIG("StuffIt", STUFFIT),
	SIG("SIT!", STUFFIT),
	LOOK("!<arch>\n", look_ar), SIG("\xed\xab\xee\xdb", RPM),
	LOOK("07070", look_cpio), LOOK("\xc7\x71", look_cpio),
	LOOK("\x71\xc7", look_cpio),
	SIG("xar!", XAR), SIG("MSWIM\0\0\0", WIM), SIG("vhdxfile", VHDX),
	SIG("conectix", VHD), SIG("KDMV", VMDK), SIG("QFI\xfb", QCOW),
	SIG("Cr24", XPI),
	SIG("\xfe\xed\xfa\xce", MACHO), SIG("\xfe\xed\xfa\xcf", MACHO),
	SIG("\xce\xfa\xed\xfe", MACHO), SIG("\xcf\xfa\xed\xfe", MACHO),
	LOOK("\xca\xfe\xba\xbe", look_cafebabe),
	SIG("\xca\xfe\xd0\x0d", JAR),
	SIG("\0asm", WASM), SIG("dex\n0", DEX),
	SIG("L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", LNK),
	SIG("ITSF", CHM), SIG("#@~^", ENCODED), SIG("FasdUAS", APPLESCRIPT),
	SIG("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", ONE),
	SIG("\xa1\x2f\xff\x43\xd9\xef\x76\x4c", ONE),
	SIG("\0\1\0\0Standard ", MDB),
	LOOK("%!", look_ps), SIG("\xc5\xd0\xd3\xc6", PS),
	SIG("AT&TFORM", DJVU), SIG("?_\3\0", HLP),
	LOOK("RIFF", look_riff), LOOK("BM", look_bmp),
	SIG("II*\0", TIFF), SIG("MM\0*", TIFF),
	LOOK("\0\0\1\0", look_ico), LOOK("\0\0\2\0", look_ico),
	SIG("\xd7\xcd\xc6\x9a", WMF), SIG("\1\0\x09\0\0\3", WMF),
	LOOK("\1\0\0\0", look_emf),
	SIG("\0\0\0\x0cJXL ", JXL), SIG("\xff\x0a", JXL),
	SIG("\0\0\0\x0cjP  ", JP2), SIG("\xff\x4f\xff\x51", JP2),
	SIG("8BPS", PSD), SIG("AC10", DWG), SIG("gimp xcf", XCF),
	SIG("ID3", MP3), LOOK("\xff", look_mp3), SIG("OggS", OGG),
	SIG("fLaC", FLAC), SIG("\xff\xf1", AAC), SIG("\xff\xf9", AAC),
	SIG("#!AMR", AMR), SIG("MThd", MIDI), SIG("FORM", AIFF),
	SIG(".snd", AU), SIG("\x1a\x45\xdf\xa3", MATROSKA),
	SIG("\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
	SIG("\0\0\1\xba", MPEG), SIG("\0\0\1\xb3", MPEG),
	SIG("FLV\1", FLV), SIG("FWS", SWF), SIG("CWS", SWF),
	SIG("\0\1\0\0\0", TTF), SIG("true\0", TTF), SIG("ttcf", TTF),
	SIG("OTTO", OTF), SIG("wOFF", WOFF), SIG("wOF2", WOFF),
	SIG("\x78\x9f\x3e\x22", TNEF), SIG("!BDN", PST),
	LOOK("\x30", look_der),
	SIG("SQLite format 3\0", SQLITE), SIG("\xd4\xc3\xb2\xa1", PCAP),
	SIG("\x0a\x0d\x0d\x0a", PCAP), SIG("\xa7\x0d\x0d\x0a", PYC),
	SIG("\x55\x0d\x0d\x0a", PYC), SIG("\x61\x0d\x0d\x0a", PYC),
	SIG("\x85\1", PGP), SIG("\x99\1", PGP),
#undef SIG
#undef LOOK
};

/* What has its signature further in. */
static const struct {
	size_t at;
	const char *bytes;
	enum type_id type;
} far[] = {
	{ 4, "ftypavif", TYPE_AVIF }, { 4, "ftypavis", TYPE_AVIF },
	{ 4, "ftyphe", TYPE_HEIC }, { 4, "ftypmif1", TYPE_HEIC },
	{ 4, "ftypmsf1", TYPE_HEIC }, { 4, "ftyp", TYPE_MP4 },
	{ 4, "moov", TYPE_MP4 }, { 4, "mdat", TYPE_MP4 },
	{ 4, "Standard ", TYPE_MDB },
	{ 2, "-lh", TYPE_LHA }, { 2, "-lz", TYPE_LHA }, { 2, "-pm", TYPE_LHA },
	{ 7, "**ACE**", TYPE_ACE }, { 20, "\xdc\xa7\xc4\xfd", TYPE_ZOO },
	{ 1, "\x2a\x4d\x18", TYPE_ZSTD }, { 34, "LP", TYPE_EOT },
	{ 257, "ustar", TYPE_TAR },
	{ 32769, "CD001", TYPE_ISO }, { 34817, "CD001", TYPE_ISO },
	{ 32769, "BEA01", TYPE_UDF }, { 34817, "NSR0", TYPE_UDF },
};

/* A tar older than ustar: its first header's sum is right. */
static bool is_old_tar(struct span s)
{
	enum { BLOCK = 512, SUM_AT = 148, SUM_N = 8 };
	uint32_t sum = 0, want = 0;
	size_t digits = 0;

	if (s.n < BLOCK || s.p[0] == 0)
		return false;
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_N ? ' ' : s.p[i];
	for (size_t i = SUM_AT; i < SUM_AT + SUM_N; i++)
		if (s.p[i] >= '0' && s.p[i] <= '7') {
			want = want * 8 + (s.p[i] - '0');
			digits++;
		}
	return digits && sum == want;
}

static enum type_id look_far(struct span s)
{
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
		if (has_at(s, far[i].at, span_of(far[i].bytes)) &&
		    (far[i].type != TYPE_LHA || (s.n > 21 && s.p[6] == '-')) &&
		    (far[i].type != TYPE_EOT || le32(s, 0) == s.n))
			return far[i].type;
	if (is_old_tar(s))
		return TYPE_TAR;
	if (s.n >= 512 && has_at(s, s.n - 512, SPAN("koly")))
		return TYPE_DMG;
	if (look_lzma(s) != TYPE_UNKNOWN)
		return TYPE_LZMA;
	return s.n >= 512 && has_at(s, s.n - 512, SPAN("conectix")) ?
		TYPE_VHD : TYPE_UNKNOWN;
}

enum type_id type_look_signature(struct span s)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]);
	     i++) {
		const struct signature *g = &signatures[i];
		enum type_id t = g->type;

		if (s.n < g->n || s.p[0] != (unsigned char)g->bytes[0] ||
		    memcmp(s.p, g->bytes, g->n) != 0)
			continue;
		if (g->look)
			t = g->look(s);
		if (t != TYPE_UNKNOWN)
			return t;
	}
	return look_far(s);
}
