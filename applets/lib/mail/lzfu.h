/*
 * Compressed rich text as Outlook keeps it (MS-OXRTFCP, "LZFu").
 */
#ifndef MAIL_LZFU_H
#define MAIL_LZFU_H

#include "base/span.h"

/*
 * How many bytes of room decoding needs: what its header says, and never more
 * than its bytes can become, 9 for each.
 */
size_t lzfu_room(struct span s);

/*
 * Returns how many bytes it wrote. *clean_r is only ever set to false: the
 * header is none, the check sum is wrong, or the end comes early or late.
 */
size_t lzfu_decode(struct span s, unsigned char *out, bool *clean_r);

#endif
